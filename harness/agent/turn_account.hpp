#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/agent/turn_attempt.hpp"

namespace weir {

/// What an executed attempt appends to the history: a message per command. `limit` is what
/// one may take.
[[nodiscard]] std::vector<Message> observations(const TurnAttempt& attempt, milliseconds limit);

/// How each command of an attempt ended, for a turn's row.
[[nodiscard]] nlohmann::json results_of(const TurnAttempt& attempt);

/// An executed and discarded draft, for readers.
[[nodiscard]] nlohmann::json account_of(const TurnAttempt& attempt, milliseconds limit);

}  // namespace weir
