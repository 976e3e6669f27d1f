#pragma once

#include <mutex>
#include <stop_token>
#include <string>

namespace weir {

/// Why a run ends before its last trial.
enum class Halt { none, user, provider, budget, store };

/// How a run is told to end: drain (no new trial starts; those in flight
/// finish) or stop (those in flight are abandoned, to be resumed). The first
/// reason counts. Safe to share between threads.
class RunControl {
 public:
  void drain(Halt why, const std::string& message) {
    note(why, message);
    drain_.request_stop();
  }
  void stop(Halt why, const std::string& message) {
    note(why, message);
    drain_.request_stop();
    stop_.request_stop();
  }

  [[nodiscard]] std::stop_token draining() const { return drain_.get_token(); }
  [[nodiscard]] std::stop_token stopping() const { return stop_.get_token(); }
  [[nodiscard]] Halt why() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }
  [[nodiscard]] std::string message() const {
    const std::lock_guard lock(mutex_);
    return message_;
  }

 private:
  void note(Halt why, const std::string& message) {
    const std::lock_guard lock(mutex_);
    if (why_ != Halt::none) return;
    why_ = why;
    message_ = message;
  }

  mutable std::mutex mutex_;
  std::stop_source drain_;
  std::stop_source stop_;
  Halt why_ = Halt::none;
  std::string message_;
};

}  // namespace weir
