#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/agent/trial_state.hpp"
#include "harness/agent/turn_attempt.hpp"
#include "results/record.hpp"

namespace weir {

/// How each action of an attempt ended, for a turn's row.
[[nodiscard]] nlohmann::json results_of(const TurnAttempt& attempt);

/// An executed and discarded draft, for readers.
[[nodiscard]] nlohmann::json account_of(const TurnAttempt& attempt);

/// An accepted turn's row; `discarded`: accounts of the drafts that were executed before.
[[nodiscard]] Turn turn_row(const TrialState& state, const TurnAttempt& attempt,
                            const nlohmann::json& discarded);

}  // namespace weir
