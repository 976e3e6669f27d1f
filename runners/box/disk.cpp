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
#include <climits>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

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

/// Adds up a tree that an enemy makes and may be changing, one folder open at a
/// time whatever its depth. Too many entries count as more than any limit; what
/// cannot be read, or went away meanwhile, is left out.
class Walk {
 public:
  std::int64_t bytes_below(const fs::path& path) {
    folders_.push_back(path.string());
    while (!folders_.empty() && entries_ < kMostEntries) {
      const std::string folder = std::move(folders_.back());
      folders_.pop_back();
      add(folder);
    }
    return entries_ < kMostEntries ? bytes_ : std::numeric_limits<std::int64_t>::max();
  }

 private:
  static constexpr int kMostEntries = 1'000'000;

  void add(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR* entries = fd >= 0 ? ::fdopendir(fd) : nullptr;
    if (entries == nullptr) return;
    while (const dirent* entry = ::readdir(entries)) {
      const std::string_view name = entry->d_name;
      struct stat info {};
      if (name == "." || name == ".." || ++entries_ >= kMostEntries) continue;
      if (::fstatat(::dirfd(entries), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      const bool counted = info.st_nlink < 2 || S_ISDIR(info.st_mode) ||
                           seen_.insert({info.st_dev, info.st_ino}).second;
      if (counted) bytes_ += info.st_blocks * 512;
      // Deeper than any path: what is there shows as the space its folders take.
      if (S_ISDIR(info.st_mode) && folder.size() + name.size() + 1 < PATH_MAX) {
        folders_.push_back(folder + "/" + entry->d_name);
      }
    }
    ::closedir(entries);
  }

  std::int64_t bytes_ = 0;
  int entries_ = 0;
  std::vector<std::string> folders_;
  std::set<std::pair<dev_t, ino_t>> seen_;  ///< files of several names
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
