#include "runners/box/mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <list>
#include <map>
#include <thread>

#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw InfraError(fmt::format("box: {}: {}", what, std::strerror(errno)));
}

/// A detached clone of one mount (no submounts), its ids shifted.
Descriptor clone_mount(const fs::path& path, int userns, unsigned attributes) {
  Descriptor tree(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree) fail("open_tree " + path.string());
  mount_attr attr{};
  attr.attr_set = attributes | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<__u64>(userns);
  if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attr, sizeof(attr)) != 0) {
    if (errno == EINVAL) {
      throw InfraError(
          fmt::format("box: {}: its file system cannot shift ids on this kernel; ext4, "
                      "xfs and btrfs can, tmpfs from Linux 6.3",
                      path.string()));
    }
    fail("id-mapped mount of " + path.string());
  }
  return tree;
}

std::string through(const Descriptor& fd, const std::string& below = "") {
  return fmt::format("/proc/self/fd/{}{}", fd.get(), below);
}

bool set_option(const Descriptor& context, const char* key, const std::string& value) {
  return ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0;
}

/// mount(2) takes a page of options.
void check_length(const std::string& options, std::size_t layers) {
  if (options.size() < 4096) return;
  throw InfraError(
      fmt::format("box: {} layers are too many for one mount here; a shorter "
                  "WEIR_SCRATCH, or a newer kernel (6.18 is one) as root, takes more",
                  layers));
}

/// While alive, this thread creates files as the box's root. Without the
/// securebit the change of fsuid would drop the capabilities mounting needs.
class ActAsBoxRoot {
 public:
  explicit ActAsBoxRoot(unsigned base) : bits_(::prctl(PR_GET_SECUREBITS)) {
    ::prctl(PR_SET_SECUREBITS, bits_ | SECBIT_NO_SETUID_FIXUP);
    ::setfsgid(base);
    ::setfsuid(base);
  }
  ~ActAsBoxRoot() {
    ::setfsuid(0);
    ::setfsgid(0);
    ::prctl(PR_SET_SECUREBITS, bits_);
  }
  ActAsBoxRoot(const ActAsBoxRoot&) = delete;
  ActAsBoxRoot& operator=(const ActAsBoxRoot&) = delete;

 private:
  int bits_;
};

/// One overlay to be made: folders as this process reaches them, lowers top first.
struct Overlay {
  std::vector<std::string> lowers;
  std::string upper;
  std::string work;
  unsigned base = 0;  ///< host uid of the box's root
  bool set_id = false;
};

/// With no mount attached anywhere. Linux 6.18 can, 6.1 cannot: nothing then, errno set.
Descriptor mount_detached(const Overlay& overlay) {
  const Descriptor context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context) fail("overlay");
  for (const auto& lower : overlay.lowers) {
    if (!set_option(context, "lowerdir+", lower)) return {};
  }
  const bool set =
      set_option(context, "upperdir", overlay.upper) &&
      set_option(context, "workdir", overlay.work) && set_option(context, "redirect_dir", "on") &&
      set_option(context, "metacopy", "off") &&
      ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, "volatile", nullptr, 0) == 0;
  if (!set) return {};
  {
    const ActAsBoxRoot root(overlay.base);
    if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
      return {};
    }
  }
  const unsigned attributes = MOUNT_ATTR_NODEV | (overlay.set_id ? 0 : MOUNT_ATTR_NOSUID);
  return Descriptor(
      static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes)));
}

/// The id-shifted clones a stack needs: one per disk, since its layers share it.
class Clones {
 public:
  explicit Clones(int userns) : userns_(userns) {}

  std::string of(const Layer& layer) {
    auto& clone = disks_[layer.disk().get()];
    if (clone == nullptr) clone = &add(layer.disk()->path(), 0);
    return through(*clone, "/" + layer.name());
  }
  std::string of(const fs::path& lower) { return through(add(lower, MOUNT_ATTR_RDONLY)); }

  [[nodiscard]] const std::list<Descriptor>& all() const { return all_; }

 private:
  const Descriptor& add(const fs::path& path, unsigned attributes) {
    all_.push_back(clone_mount(path, userns_, attributes));
    return all_.back();
  }

  int userns_;
  std::list<Descriptor> all_;
  std::map<const Disk*, const Descriptor*> disks_;
};

/// Older kernels overlay attached mounts only: attaches the clones in a mount
/// namespace of its own, which goes with this thread, and mounts there.
class Stage {
 public:
  explicit Stage(const Clones& clones) {
    const bool ready = ::unshare(CLONE_FS | CLONE_NEWNS) == 0 &&
                       ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("tmpfs", "/mnt", "tmpfs", 0, nullptr) == 0 && ::chdir("/mnt") == 0;
    if (!ready) fail("a stage for mounts");
    for (const auto& clone : clones.all()) {
      const std::string name = std::to_string(clone.get());
      ::mkdir(name.c_str(), 0755);
      if (::syscall(SYS_move_mount, clone.get(), "", AT_FDCWD, name.c_str(),
                    MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        fail("move_mount");
      }
    }
    ::mkdir("m", 0755);
  }

  Descriptor mount(const Overlay& overlay) {
    std::vector<std::string> lowers;
    for (const auto& lower : overlay.lowers) lowers.push_back(staged(lower));
    const std::string options =
        fmt::format("lowerdir={},upperdir={},workdir={},redirect_dir=on,metacopy=off,volatile",
                    fmt::join(lowers, ":"), staged(overlay.upper), staged(overlay.work));
    check_length(options, lowers.size());
    {
      const ActAsBoxRoot root(overlay.base);
      const unsigned long flags = MS_NODEV | (overlay.set_id ? 0 : MS_NOSUID);
      if (::mount("overlay", "m", "overlay", flags, options.c_str()) != 0) fail("overlay mount");
    }
    Descriptor tree(static_cast<int>(
        ::syscall(SYS_open_tree, AT_FDCWD, "m", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
    if (!tree || ::umount2("m", MNT_DETACH) != 0) fail("detach the overlay");
    return tree;
  }

 private:
  /// "/proc/self/fd/7/3/0u" -> "7/3/0u"
  static std::string staged(const std::string& path) {
    return path.substr(std::string_view("/proc/self/fd/").size());
  }
};

std::vector<Descriptor> mount_staged(const Clones& clones, const std::vector<Overlay>& overlays) {
  std::vector<Descriptor> mounts;
  std::exception_ptr failure;
  std::thread([&] {
    try {
      Stage stage(clones);
      for (const auto& overlay : overlays) mounts.push_back(stage.mount(overlay));
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
  return mounts;
}

}  // namespace

std::vector<Descriptor> mount_stack(const LayerStack& stack, const Layer& active, int userns,
                                    unsigned base, bool set_id) {
  Clones clones(userns);
  const std::string top = clones.of(active);
  std::vector<Overlay> overlays;
  for (std::size_t piece = 0; piece < stack.pieces.size(); ++piece) {
    Overlay overlay{
        {}, fmt::format("{}/{}u", top, piece), fmt::format("{}/{}w", top, piece), base, set_id};
    for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
      overlay.lowers.push_back(fmt::format("{}/{}u", clones.of(**layer), piece));
    }
    for (const auto& lower : stack.pieces[piece].lowers) overlay.lowers.push_back(clones.of(lower));
    overlays.push_back(std::move(overlay));
  }
  static std::atomic<bool> needs_stage{false};
  std::vector<Descriptor> mounts;
  for (const auto& overlay : overlays) {
    if (needs_stage) break;
    Descriptor mount = mount_detached(overlay);
    // EINVAL is how kernels say that a detached mount is no layer for them.
    if (!mount && errno != EINVAL) fail("overlay mount");
    needs_stage = !mount;
    if (mount) mounts.push_back(std::move(mount));
  }
  return needs_stage ? mount_staged(clones, overlays) : std::move(mounts);
}

Descriptor clone_read_only(const fs::path& path, int userns) {
  Descriptor tree(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  mount_attr attr{};
  attr.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  const auto set = [&] {
    return ::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
  };
  if (!tree || !set()) fail("bind " + path.string());
  attr.attr_set = MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<__u64>(userns);
  (void)set();  // where ids cannot be shifted they show as nobody's, no more
  return tree;
}

Descriptor clone_writable(const fs::path& path, int userns) {
  return clone_mount(path, userns, MOUNT_ATTR_NOSUID);
}

std::string overlay_options(const LayerStack& stack, const Layer& active, std::size_t piece) {
  std::vector<std::string> lowers;
  for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
    lowers.push_back((*layer)->upper(piece).string());
  }
  for (const auto& lower : stack.pieces[piece].lowers) lowers.push_back(lower.string());
  for (const auto& lower : lowers) {
    if (lower.find_first_of(":,\\") != std::string::npos) {
      throw InfraError(
          fmt::format("box: {}: an ordinary user's box cannot start from a path with "
                      "':', ',' or '\\' in it",
                      lower));
    }
  }
  std::string options =
      fmt::format("lowerdir={},upperdir={},workdir={}/{}w,userxattr", fmt::join(lowers, ":"),
                  active.upper(piece).string(), active.folder().string(), piece);
  check_length(options, lowers.size());
  return options;
}

}  // namespace weir::box
