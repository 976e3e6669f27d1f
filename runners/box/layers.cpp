#include "runners/box/layers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

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
  attr.attr_set = attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP;
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
void set_lowers(const Descriptor& context, const std::vector<Descriptor>& lowers) {
  std::string joined;
  for (const auto& lower : lowers) {
    joined += (joined.empty() ? "" : ":") + through(lower);
    if (!set_option(context, "lowerdir+", through(lower))) {
      joined.clear();
      for (const auto& each : lowers) joined += (joined.empty() ? "" : ":") + through(each);
      if (!set_option(context, "lowerdir", joined)) fail("overlay lowerdir");
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

Descriptor mount_overlay(const std::vector<Descriptor>& lowers, const Descriptor& layer,
                         std::size_t piece, unsigned base) {
  const Descriptor context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context) fail("overlay");
  set_lowers(context, lowers);
  const bool set = set_option(context, "upperdir", through(layer, fmt::format("/{}u", piece))) &&
                   set_option(context, "workdir", through(layer, fmt::format("/{}w", piece))) &&
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
                                              MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)));
  if (!mount) fail("fsmount");
  return mount;
}

}  // namespace

Layer::Layer(Scratch& scratch, std::size_t pieces)
    : folder_(scratch.fresh("layer")), pieces_(pieces) {
  for (std::size_t i = 0; i < pieces_; ++i) {
    for (const char kind : {'u', 'w'}) {
      const fs::path made = folder_ / fmt::format("{}{}", i, kind);
      if (::mkdir(made.c_str(), 0755) != 0) fail("mkdir " + made.string());
      ::chmod(made.c_str(), 0755);
    }
  }
}

Layer::~Layer() { remove_tree(folder_); }

fs::path Layer::upper(std::size_t piece) const { return folder_ / fmt::format("{}u", piece); }

bool Layer::empty() const {
  for (std::size_t i = 0; i < pieces_; ++i) {
    if (!fs::is_empty(upper(i))) return false;
  }
  return true;
}

bool LayerStack::changed_since(const LayerStack& earlier, const std::string& path) const {
  const fs::path relative = fs::path(path).relative_path();
  std::size_t piece = 0;
  fs::path inside = relative;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (*relative.begin() != fs::path(pieces[i].path)) continue;
    piece = i;
    inside = relative.lexically_relative(pieces[i].path);
  }
  return std::any_of(layers.begin(), layers.end(), [&](const auto& layer) {
    const bool old = std::find(earlier.layers.begin(), earlier.layers.end(), layer) !=
                     earlier.layers.end();
    std::error_code ignored;
    return !old && fs::exists(fs::symlink_status(layer->upper(piece) / inside, ignored));
  });
}

std::vector<Descriptor> mount_stack(const LayerStack& stack, const Layer& active, int userns,
                                    unsigned base) {
  const Descriptor top = clone_mount(active.folder(), userns, 0);
  std::vector<Descriptor> mounts;
  for (std::size_t piece = 0; piece < stack.pieces.size(); ++piece) {
    std::vector<Descriptor> lowers;  // top first
    for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
      lowers.push_back(clone_mount((*layer)->upper(piece), userns, MOUNT_ATTR_RDONLY));
    }
    lowers.push_back(clone_mount(stack.pieces[piece].lower, userns, MOUNT_ATTR_RDONLY));
    mounts.push_back(mount_overlay(lowers, top, piece, base));
  }
  return mounts;
}

Descriptor clone_read_only(const fs::path& path, int userns) {
  return clone_mount(path, userns, MOUNT_ATTR_RDONLY);
}

}  // namespace weir::box
