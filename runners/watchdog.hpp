#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

namespace weir {

/// One thread that requests stops when deadlines pass. It never waits for what
/// it stops. Safe to share between threads.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  Watchdog();
  ~Watchdog();

  /// An armed deadline; disarmed when destroyed. Expired() tells a stop by
  /// deadline from one by the user.
  class Watch {
   public:
    Watch(Watchdog& watchdog, Clock::time_point deadline, std::stop_token parent);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Stops at the deadline, or when the parent stops.
    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
    [[nodiscard]] bool expired() const { return Clock::now() >= deadline_; }
    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

   private:
    friend class Watchdog;
    Watchdog& watchdog_;
    Clock::time_point deadline_;
    std::stop_source source_;
    struct Forward {
      std::stop_source* source;
      void operator()() const { source->request_stop(); }
    };
    std::stop_callback<Forward> from_parent_;
  };

 private:
  void run(std::stop_token stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Clock::time_point, Watch*> armed_;
  std::jthread thread_;
};

}  // namespace weir
