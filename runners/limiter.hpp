#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "runners/watchdog.hpp"
#include "tasks/error.hpp"

namespace weir {

/// At most `capacity` holders at a time: busy boxes, graders, calls in flight.
/// Safe to share between threads.
class Limiter {
 public:
  explicit Limiter(int capacity) : free_(capacity) {}

  /// Held while alive.
  class Permit {
   public:
    explicit Permit(Limiter& limiter) : limiter_(limiter) {}
    ~Permit() { limiter_.release(); }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    Limiter& limiter_;
  };

  /// Waits for a free place. Throws Cancelled when `stop` is requested first.
  [[nodiscard]] Permit acquire(std::stop_token stop = {}) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return free_ > 0; })) throw Cancelled();
    --free_;
    return Permit(*this);
  }

 private:
  void release() {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int free_;
};

/// Waits for a place while the deadline's clock stands still; an expired
/// deadline may still get one. Throws Cancelled when its parent stops.
[[nodiscard]] inline Limiter::Permit acquire_paused(Limiter& limiter, Deadline& deadline) {
  const Deadline::Pause pause(deadline);
  return limiter.acquire(deadline.parent());
}

}  // namespace weir
