#include "results/store/run_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tasks/error.hpp"

namespace weir {

RunLock::RunLock(const std::filesystem::path& database, const std::string& run)
    : file_(database.string() + "-" + run.substr(0, 12) + ".lock"),
      fd_(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0) {
    throw StoreError(fmt::format("{}: cannot be made: {}", file_.string(), std::strerror(errno)));
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  ::close(fd_);
  throw UserError(fmt::format("run {} is being executed by another weir; wait for it, or stop it",
                              run.substr(0, 12)));
}

RunLock::~RunLock() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  ::close(fd_);
}

}  // namespace weir
