#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "results/record.hpp"
#include "tasks/error.hpp"

namespace weir {

/// A dollar limit: of a whole run, or of one trial. Every call reserves its worst case before
/// it is sent, so that calls in flight together cannot overspend. A call that
/// only the reservations of others keep out waits for them: what the limit
/// allows does not depend on how many are in flight. Safe to share between
/// threads.
class Budget {
 public:
  /// `spent`: what the run already cost, when it is resumed.
  explicit Budget(std::optional<Picodollars> limit, Picodollars spent = 0)
      : limit_(limit), spent_(spent), known_(spent) {}

  /// Holds `worst`; false if what is spent leaves no room for it, whatever the
  /// calls in flight turn out to cost; an unknown worst case never fits under a
  /// limit. Throws Cancelled when stopped.
  [[nodiscard]] bool reserve(std::optional<Picodollars> most, std::stop_token stop = {}) {
    if (!most) return !limit_;
    const Picodollars worst = *most;
    std::unique_lock lock(mutex_);
    const auto hopeless = [&] { return limit_ && spent_ + worst > *limit_; };
    const auto fits = [&] { return !limit_ || spent_ + reserved_ + worst <= *limit_; };
    if (!settled_.wait(lock, stop, [&] { return hopeless() || fits(); })) throw Cancelled();
    if (hopeless()) return false;
    reserved_ += worst;
    return true;
  }

  /// Whether what is settled leaves room for `worst`; unknown never fits.
  [[nodiscard]] bool has_room(std::optional<Picodollars> worst) const {
    const std::lock_guard lock(mutex_);
    return !limit_ || (worst && spent_ + *worst <= *limit_);
  }

  /// Replaces a reservation by what was spent; an unknown cost counts as the
  /// whole reservation, since it may have been.
  void settle(Picodollars reserved, std::optional<Picodollars> spent) {
    {
      const std::lock_guard lock(mutex_);
      reserved_ -= reserved;
      spent_ += spent.value_or(reserved);
      known_ += spent.value_or(0);
    }
    settled_.notify_all();
  }

  /// How much of the limit is used up, in [0,1]; 0 without one.
  [[nodiscard]] double used() const {
    const std::lock_guard lock(mutex_);
    if (!limit_) return 0;
    return *limit_ <= spent_ ? 1 : static_cast<double>(spent_) / static_cast<double>(*limit_);
  }

  /// Spent so far, calls of unknown cost at all they could have cost.
  [[nodiscard]] Picodollars charged() const {
    const std::lock_guard lock(mutex_);
    return spent_;
  }
  /// Known cost of the calls settled so far.
  [[nodiscard]] Picodollars spent() const {
    const std::lock_guard lock(mutex_);
    return known_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any settled_;
  std::optional<Picodollars> limit_;
  Picodollars spent_;         ///< known costs, and reservations of unknown ones
  Picodollars known_;
  Picodollars reserved_ = 0;  ///< of calls in flight
};

/// One call's hold on a budget. Whatever happens to the call, the hold ends: one
/// that was never settled counts as spent whole, and nobody waits for it. One
/// thread.
class Reservation {
 public:
  explicit Reservation(Budget& budget) : budget_(budget) {}
  ~Reservation() {
    if (held_) budget_.settle(*held_, std::nullopt);
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  [[nodiscard]] bool hold(std::optional<Picodollars> worst, const std::stop_token& stop) {
    if (!budget_.reserve(worst, stop)) return false;
    held_ = worst.value_or(0);
    return true;
  }
  void settle(std::optional<Picodollars> spent) {
    budget_.settle(*held_, spent);
    held_.reset();
  }

 private:
  Budget& budget_;
  std::optional<Picodollars> held_;
};

}  // namespace weir
