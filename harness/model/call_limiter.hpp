#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>

#include "tasks/units.hpp"

namespace weir {

/// How a call ended, as far as a limiter cares.
struct CallEnd {
  enum class How { answered, rate_limited, service_trouble, other };
  How how = How::other;
  std::optional<std::int64_t> tokens;  ///< in and out; unknown: the estimate stands
  milliseconds retry_after{0};
};

/// Decides when the next call to one model may be sent. Shared by all trials of
/// a run; safe to call from many threads. The two methods are all a trial needs,
/// so that a limiter may live in another process and serve several machines.
class CallLimiter {
 public:
  using Ticket = std::uint64_t;

  virtual ~CallLimiter() = default;
  /// Waits for a place for a call of about `tokens` in and out. Throws Cancelled
  /// when `stop` is requested first. Every ticket must be settled.
  [[nodiscard]] virtual Ticket reserve(std::int64_t tokens, std::stop_token stop) = 0;
  virtual void settle(Ticket ticket, const CallEnd& end) = 0;
};

/// The limiter of one process: at most `most` calls in flight. A 429 halves that
/// (once for all calls sent before the cut) and its Retry-After holds every call
/// back; a 5xx only pauses growth, since fewer calls do not mend a broken server;
/// answers let it grow again by about one per round. `tokens_per_second`: calls
/// wait while more than ten seconds' worth is owed.
[[nodiscard]] std::unique_ptr<CallLimiter> make_adaptive_limiter(
    int most, std::optional<double> tokens_per_second = {});

}  // namespace weir
