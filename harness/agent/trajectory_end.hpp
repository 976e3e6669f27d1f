#pragma once

#include "harness/model/chat.hpp"
#include "runners/agent.hpp"

namespace weir {

/// A trajectory that ends for this reason, with nothing handed in.
[[nodiscard]] Submission ended(StopReason reason);

/// One that ends with a call that failed for good: a full context and blocked content are the
/// agent's end, anything else is missing data.
[[nodiscard]] Submission ended_by(const Completion& failure);

}  // namespace weir
