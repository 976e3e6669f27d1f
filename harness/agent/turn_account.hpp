#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/agent/turn_attempt.hpp"

namespace weir {

/// How each action of an attempt ended, for a turn's row.
[[nodiscard]] nlohmann::json results_of(const TurnAttempt& attempt);

/// An executed and discarded draft, for readers.
[[nodiscard]] nlohmann::json account_of(const TurnAttempt& attempt);

}  // namespace weir
