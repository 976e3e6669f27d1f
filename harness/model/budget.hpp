#pragma once

#include <mutex>
#include <optional>

#include "results/record.hpp"

namespace weir {

/// The dollar limit of a whole run. Every call reserves its worst case before
/// it is sent, so that calls in flight together cannot overspend. Safe to share
/// between threads.
class Budget {
 public:
  /// `spent`: what the run already cost, when it is resumed.
  explicit Budget(std::optional<Picodollars> limit, Picodollars spent = 0)
      : limit_(limit), committed_(spent), spent_(spent) {}

  [[nodiscard]] bool limited() const { return limit_.has_value(); }

  /// False if `worst` would exceed the limit; otherwise holds it.
  [[nodiscard]] bool reserve(Picodollars worst) {
    const std::lock_guard lock(mutex_);
    if (limit_ && committed_ + worst > *limit_) return false;
    committed_ += worst;
    return true;
  }
  /// Replaces a reservation by what was really spent; an unknown cost keeps the
  /// reservation, since it may have been.
  void settle(Picodollars reserved, std::optional<Picodollars> spent) {
    const std::lock_guard lock(mutex_);
    if (spent) committed_ += *spent - reserved;
    if (spent) spent_ += *spent;
  }

  /// Known cost of the calls settled so far.
  [[nodiscard]] Picodollars spent() const {
    const std::lock_guard lock(mutex_);
    return spent_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Picodollars> limit_;
  Picodollars committed_;
  Picodollars spent_ = 0;
};

}  // namespace weir
