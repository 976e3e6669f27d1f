#include "runners/box/mounts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>
#include <map>

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

/// Kernels before 6.5 take the lowers as one string.
void set_lowers(const Descriptor& context, const std::vector<std::string>& lowers) {
  for (const auto& lower : lowers) {
    if (!set_option(context, "lowerdir+", lower)) {
      if (!set_option(context, "lowerdir", fmt::format("{}", fmt::join(lowers, ":")))) {
        fail("overlay lowerdir");
      }
      return;
    }
  }
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

Descriptor mount_overlay(const std::vector<std::string>& lowers, const std::string& layer,
                         std::size_t piece, unsigned base, unsigned attributes) {
  const Descriptor context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context) fail("overlay");
  set_lowers(context, lowers);
  const bool set = set_option(context, "upperdir", fmt::format("{}/{}u", layer, piece)) &&
                   set_option(context, "workdir", fmt::format("{}/{}w", layer, piece)) &&
                   set_option(context, "redirect_dir", "on") &&
                   ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, "volatile", nullptr,
                             0) == 0;
  if (!set) fail("overlay options");
  {
    const ActAsBoxRoot root(base);
    if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
      fail("overlay mount");
    }
  }
  Descriptor mount(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC,
                                              attributes)));
  if (!mount) fail("fsmount");
  return mount;
}

/// The id-shifted clones a stack needs: one per disk, since its layers share it.
class Clones {
 public:
  explicit Clones(int userns) : userns_(userns) {}

  std::string of(const Layer& layer, unsigned attributes = 0) {
    auto& clone = disks_[layer.disk().get()];
    if (!clone) clone = clone_mount(layer.disk()->path(), userns_, attributes);
    return through(clone, "/" + layer.name());
  }
  std::string of(const fs::path& lower) {
    others_.push_back(clone_mount(lower, userns_, MOUNT_ATTR_RDONLY));
    return through(others_.back());
  }

 private:
  int userns_;
  std::map<const Disk*, Descriptor> disks_;
  std::vector<Descriptor> others_;
};

}  // namespace

std::vector<Descriptor> mount_stack(const LayerStack& stack, const Layer& active, int userns,
                                    unsigned base, bool set_id) {
  const unsigned attributes = MOUNT_ATTR_NODEV | (set_id ? 0 : MOUNT_ATTR_NOSUID);
  Clones clones(userns);
  const std::string top = clones.of(active);  // first: its disk must stay writable
  std::vector<Descriptor> mounts;
  for (std::size_t piece = 0; piece < stack.pieces.size(); ++piece) {
    std::vector<std::string> lowers;  // top first
    for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
      lowers.push_back(fmt::format("{}/{}u", clones.of(**layer), piece));
    }
    for (const auto& lower : stack.pieces[piece].lowers) lowers.push_back(clones.of(lower));
    mounts.push_back(mount_overlay(lowers, top, piece, base, attributes));
  }
  return mounts;
}

Descriptor clone_read_only(const fs::path& path, int userns) {
  return clone_mount(path, userns, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
}

std::string overlay_options(const LayerStack& stack, const Layer& active, std::size_t piece) {
  std::vector<std::string> lowers;
  for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
    lowers.push_back((*layer)->upper(piece).string());
  }
  for (const auto& lower : stack.pieces[piece].lowers) lowers.push_back(lower.string());
  std::string options = fmt::format("lowerdir={},upperdir={},workdir={}/{}w,userxattr",
                                    fmt::join(lowers, ":"), active.upper(piece).string(),
                                    active.folder().string(), piece);
  constexpr std::size_t kPage = 4096;  // mount(2)
  if (options.size() >= kPage) {
    throw InfraError(fmt::format("box: {} layers are too many for an ordinary user's mount; run as "
                                 "root, or set WEIR_SCRATCH to a short path",
                                 stack.layers.size()));
  }
  return options;
}

}  // namespace weir::box
