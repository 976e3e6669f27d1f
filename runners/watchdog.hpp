#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

namespace weir {

class Deadline;

/// One thread that requests stops when deadlines pass. It never waits for what
/// it stops. Safe to share between threads; outlives its deadlines.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  Watchdog();
  ~Watchdog();

 private:
  friend class Deadline;
  void arm(Deadline& deadline);
  void disarm(Deadline& deadline);
  void run(std::stop_token stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Clock::time_point, Deadline*> armed_;
  std::jthread thread_;
};

/// When a piece of work must end. Its token stops at the deadline or when the
/// parent stops; expired() tells the two apart. Time spent in a Pause does not
/// count: waits for places and rate limits are not work. Used by one thread.
class Deadline {
 public:
  using Clock = Watchdog::Clock;

  /// Never expires; stops with the parent.
  Deadline(Watchdog& watchdog, std::stop_token parent);
  Deadline(Watchdog& watchdog, std::stop_token parent, Clock::duration allowance);
  /// Ends with `outer` at the latest, whose clock no Pause of this one stops.
  Deadline(Watchdog& watchdog, const Deadline& outer, Clock::duration allowance);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// Stops with the parent alone: what is still to be done after the deadline
  /// (taking the diff that is graded) waits on this one.
  [[nodiscard]] std::stop_token parent() const { return parent_; }
  [[nodiscard]] bool expired() const {
    return (limited_ && Clock::now() >= end_) || (outer_ != nullptr && outer_->expired());
  }

  /// What is left of its own allowance.
  [[nodiscard]] Clock::duration left() const {
    return limited_ ? end_ - Clock::now() : Clock::duration::max();
  }

  /// The same, or of the outer one's where that is less.
  [[nodiscard]] Clock::duration left_in_all() const {
    return outer_ == nullptr ? left() : std::min(left(), outer_->left_in_all());
  }

  /// The clock stands still while any is alive.
  class Pause {
   public:
    explicit Pause(Deadline& deadline);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Deadline& deadline_;
    Clock::time_point began_;
  };

 private:
  friend class Watchdog;
  struct Forward {
    std::stop_source* source;
    void operator()() const { source->request_stop(); }
  };

  Watchdog& watchdog_;
  const Deadline* outer_ = nullptr;
  bool limited_;
  int pauses_ = 0;
  Clock::time_point end_;
  std::stop_token parent_;
  std::stop_source source_;
  std::stop_callback<Forward> from_parent_;
};

}  // namespace weir
