#include "harness/model/call_limiter.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "tasks/error.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

/// Tokens that flow at a rate. Debt is allowed: a call's size is known only
/// when it has ended, so a call may start while less than the burst is owed.
class TokenFlow {
 public:
  explicit TokenFlow(double per_second) : rate_(per_second) {}

  /// When the next call may start.
  [[nodiscard]] Clock::time_point ready(Clock::time_point now) {
    drain(now);
    if (owed_ <= rate_ * kBurstSeconds) return now;
    const double seconds = (owed_ - rate_ * kBurstSeconds) / rate_;
    return now + std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6) + 1);
  }
  void owe(double tokens) { owed_ = std::max(0.0, owed_ + tokens); }

 private:
  static constexpr double kBurstSeconds = 10;

  void drain(Clock::time_point now) {
    const double seconds = std::chrono::duration<double>(now - drained_).count();
    owed_ = std::max(0.0, owed_ - seconds * rate_);
    drained_ = now;
  }

  double rate_;
  double owed_ = 0;
  Clock::time_point drained_ = Clock::now();
};

class AdaptiveLimiter final : public CallLimiter {
 public:
  AdaptiveLimiter(int most, std::optional<double> tokens_per_second)
      : most_(most), window_(most) {
    if (tokens_per_second) flow_.emplace(*tokens_per_second);
  }

  Ticket reserve(std::int64_t tokens, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (stop.stop_requested()) throw Cancelled();
      const auto now = Clock::now();
      Clock::time_point ready = std::max(now, held_until_);
      if (flow_) ready = std::max(ready, flow_->ready(now));
      const bool room = static_cast<double>(estimates_.size()) + 1 <= std::max(1.0, window_);
      if (room && ready <= now) break;
      const auto changed = [this, round = round_] { return round_ != round; };
      if (room) {
        changed_.wait_until(lock, stop, ready, changed);
      } else {
        changed_.wait(lock, stop, changed);
      }
    }
    const Ticket ticket = next_++;
    estimates_.emplace(ticket, tokens);
    if (flow_) flow_->owe(static_cast<double>(tokens));
    return ticket;
  }

  void settle(Ticket ticket, const CallEnd& end) override {
    {
      const std::lock_guard lock(mutex_);
      const auto found = estimates_.find(ticket);
      if (found == estimates_.end()) return;
      const auto in_flight = static_cast<double>(estimates_.size());
      if (flow_ && end.tokens) flow_->owe(static_cast<double>(*end.tokens - found->second));
      estimates_.erase(found);
      learn(ticket, end, in_flight);
      ++round_;
    }
    changed_.notify_all();
  }

 private:
  void learn(Ticket ticket, const CallEnd& end, double in_flight) {
    switch (end.how) {
      case CallEnd::How::rate_limited:
        held_until_ = std::max(held_until_, Clock::now() + end.retry_after);
        if (ticket < cut_at_) break;  // sent before the last cut: it says nothing new
        window_ = std::max(1.0, std::min(window_, in_flight) / 2);
        cut_at_ = next_;
        break;
      case CallEnd::How::service_trouble: pause_ = window_; break;
      case CallEnd::How::answered:
        if (pause_ > 0) {
          pause_ -= 1;
        } else {
          window_ = std::min(most_, window_ + 1 / window_);
        }
        break;
      case CallEnd::How::other: break;
    }
  }

  const double most_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t round_ = 0;
  std::map<Ticket, std::int64_t> estimates_;  ///< of the calls in flight
  Ticket next_ = 1;
  Ticket cut_at_ = 0;   ///< the first ticket after the last cut
  double window_;       ///< calls that may be in flight
  double pause_ = 0;    ///< answers to come before it grows again
  Clock::time_point held_until_{};
  std::optional<TokenFlow> flow_;
};

}  // namespace

std::unique_ptr<CallLimiter> make_adaptive_limiter(int most,
                                                   std::optional<double> tokens_per_second) {
  return std::make_unique<AdaptiveLimiter>(most, tokens_per_second);
}

}  // namespace weir
