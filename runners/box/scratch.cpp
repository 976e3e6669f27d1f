#include "runners/box/scratch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "runners/box/sweeper.hpp"
#include "tasks/error.hpp"

namespace weir::box {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPrefix = "weir-box-";

/// The lock of a scratch folder of ours: in a folder that others may write to, a
/// folder or a lock may be somebody else's, or a link to what they want touched.
Descriptor lock(const fs::path& folder) {
  const Descriptor own(
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!own || ::fstat(own.get(), &info) != 0 || info.st_uid != ::geteuid() ||
      (info.st_mode & 0077U) != 0) {
    return {};
  }
  Descriptor fd(::openat(own.get(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
  return fd;
}

void sweep(const fs::path& parent, const Scratch::Remover& remove) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.path().filename().string().rfind(kPrefix, 0) != 0) continue;
    if (const Descriptor stale = lock(entry.path())) remove(entry.path());
  }
}

bool roomy(const fs::path& folder) {
  struct statvfs info {};
  return ::statvfs(folder.c_str(), &info) == 0 &&
         static_cast<unsigned long long>(info.f_bavail) * info.f_frsize > (1ULL << 30);
}

}  // namespace

Scratch::Scratch(const fs::path& parent, Remover remover)
    : remover_(std::make_shared<const Remover>(std::move(remover))) {
  sweep(parent, *remover_);
  while (!lock_) {  // another weir's sweep may be faster than our lock
    std::string name = (parent / kPrefix).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw InfraError(
          fmt::format("{}: cannot make a scratch folder: {}; set WEIR_SCRATCH to a "
                      "folder you own on ext4, xfs or tmpfs",
                      parent.string(), std::strerror(errno)));
    }
    root_ = name;
    lock_ = lock(root_);
  }
}

Scratch::~Scratch() {
  Sweeper::instance().finish();  // two removals of one tree would trip over each other
  (*remover_)(root_);
}

void Scratch::remove(const fs::path& folder) {
  Sweeper::instance().add([remover = remover_, folder] { (*remover)(folder); });
}

fs::path Scratch::fresh(const std::string& kind) {
  fs::path folder = root_ / fmt::format("{}{}", kind, next_.fetch_add(1));
  if (::mkdir(folder.c_str(), 0755) != 0) {
    throw InfraError(fmt::format("{}: cannot be made: {}", folder.string(), std::strerror(errno)));
  }
  ::chmod(folder.c_str(), 0755);
  return folder;
}

std::vector<fs::path> Scratch::candidates() {
  if (const char* chosen = std::getenv("WEIR_SCRATCH")) return {fs::absolute(chosen)};
  std::vector<fs::path> found;
  for (const auto* folder : {"/dev/shm", "/var/tmp"}) {
    if (roomy(folder)) found.emplace_back(folder);
  }
  return found;
}

}  // namespace weir::box
