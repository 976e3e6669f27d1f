#include "harness/previous_attempts.hpp"

#include <fmt/format.h>

#include "tasks/error.hpp"

namespace weir {

bool PreviousAttempts::failed_before(const Trial& trial, const Reader& reader,
                                     const std::stop_token& stop) {
  if (trial.attempt <= 1) return false;
  const std::string before =
      fmt::format("{}/{}/{}/{}", trial.run, trial.task, trial.config, trial.attempt - 1);
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return pending_.count(before) == 0; })) throw Cancelled();
    if (abandoned_.count(before) > 0) throw Cancelled();
  }
  return reader.visibly_failed(before);
}

void PreviousAttempts::finished(const std::string& trial) {
  {
    const std::lock_guard lock(mutex_);
    pending_.erase(trial);
  }
  changed_.notify_all();
}

void PreviousAttempts::abandoned(const std::string& trial) {
  {
    const std::lock_guard lock(mutex_);
    pending_.erase(trial);
    abandoned_.insert(trial);
  }
  changed_.notify_all();
}

}  // namespace weir
