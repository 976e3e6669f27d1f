#pragma once

#include <filesystem>
#include <string>

namespace weir {

/// Held while a run is executed, so that two programs never make the same calls
/// twice: a lock on a file beside the database, released by the kernel even
/// after SIGKILL. Throws UserError if another program holds it.
class RunLock {
 public:
  RunLock(const std::filesystem::path& database, const std::string& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path file_;
  int fd_;
};

}  // namespace weir
