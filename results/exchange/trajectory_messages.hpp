#pragma once

#include <nlohmann/json_fwd.hpp>

#include "results/exchange/trial_record.hpp"

namespace weir {

/// The accepted path of a trial as the list of its messages, in mini-swe-agent's layout:
/// {info{exit_status, submission, model_stats}, messages, trajectory_format}. Discarded
/// drafts are not on it; atif_of() keeps them. After a restart the list begins anew; a
/// further step's first messages are added to it.
/// Throws UserError if the record has no texts.
[[nodiscard]] nlohmann::json messages_of(const TrialRecord& record);

}  // namespace weir
