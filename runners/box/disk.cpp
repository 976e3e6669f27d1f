#include "runners/box/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>

#include "runners/box/removal.hpp"
#include "runners/box/sweeper.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw InfraError(fmt::format("box: {}: {}", what, std::strerror(errno)));
}

void set_option(const Descriptor& context, const char* key, const std::string& value) {
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) != 0) {
    fail(fmt::format("tmpfs {}={}", key, value));
  }
}

/// Adds up a tree that an enemy makes and may be changing. What is too deep, too
/// large or not to be read counts as more than any limit.
class Walk {
 public:
  std::int64_t bytes_below(const fs::path& path) {
    add(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 0);
    return over_ ? std::numeric_limits<std::int64_t>::max() : bytes_;
  }

 private:
  static constexpr int kDeepest = 200;  // descriptors, one for each level
  static constexpr int kMostEntries = 2'000'000;

  void add(int folder, int depth) {
    DIR* entries = folder >= 0 ? ::fdopendir(folder) : nullptr;
    over_ = over_ || entries == nullptr || depth > kDeepest;
    while (const dirent* entry = over_ ? nullptr : ::readdir(entries)) {
      const std::string_view name = entry->d_name;
      struct stat info {};
      const bool overlays_own = depth == 1 && name.back() == 'w';  // not open to us, nor to the box
      if (name == "." || name == ".." || overlays_own) continue;
      over_ = over_ || ++entries_ > kMostEntries;
      if (::fstatat(::dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      bytes_ += info.st_blocks * 512;
      if (!S_ISDIR(info.st_mode)) continue;
      add(::openat(::dirfd(entries), entry->d_name,
                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
          depth + 1);
    }
    if (entries != nullptr) ::closedir(entries);
  }

  std::int64_t bytes_ = 0;
  int entries_ = 0;
  bool over_ = false;
};

}  // namespace

std::shared_ptr<Disk> Disk::in_memory(std::int64_t bytes, std::int64_t inodes) {
  const Descriptor context(static_cast<int>(::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC)));
  if (!context) fail("tmpfs");
  set_option(context, "size", std::to_string(bytes));
  set_option(context, "nr_inodes", std::to_string(inodes));
  set_option(context, "mode", "0700");
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    fail("tmpfs");
  }
  std::shared_ptr<Disk> disk(new Disk);
  disk->mount_.reset(
      static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV)));
  if (!disk->mount_) fail("tmpfs");
  // Not "self": a copying program looks through it too.
  disk->path_ = fmt::format("/proc/{}/fd/{}", ::getpid(), disk->mount_.get());
  return disk;
}

std::shared_ptr<Disk> Disk::in_folder(std::shared_ptr<Scratch> scratch) {
  std::shared_ptr<Disk> disk(new Disk);
  disk->path_ = scratch->fresh("disk");
  disk->scratch_ = std::move(scratch);
  return disk;
}

Disk::~Disk() {
  if (scratch_) scratch_->remove(path_);
}

std::string Disk::fresh_folder() {
  std::string name = std::to_string(next_.fetch_add(1));
  const fs::path folder = path_ / name;
  if (::mkdir(folder.c_str(), 0755) != 0) fail("a folder for a layer");
  ::chmod(folder.c_str(), 0755);
  return name;
}

void Disk::remove(const std::string& name) {
  const fs::path folder = path_ / name;
  if (scratch_) {
    scratch_->remove(folder);
  } else {
    Sweeper::instance().add([keep = shared_from_this(), folder] { remove_tree(folder.c_str()); });
  }
}

std::int64_t Disk::used() const {
  if (mount_) {
    struct statvfs info {};
    if (::statvfs(path_.c_str(), &info) != 0) return 0;
    return static_cast<std::int64_t>((info.f_blocks - info.f_bfree) * info.f_frsize);
  }
  return Walk().bytes_below(path_);
}

}  // namespace weir::box
