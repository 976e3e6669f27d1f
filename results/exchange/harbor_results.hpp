#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "results/exchange/foreign.hpp"

namespace weir {

/// Whether `value` is the result.json of one Harbor trial.
[[nodiscard]] bool is_harbor_trial(const nlohmann::json& value);
/// Whether `value` is the result.json of a Harbor job.
[[nodiscard]] bool is_harbor_job(const nlohmann::json& value);

/// Reads one trial into `outcomes`. Its config is "AGENT__MODEL"; it has no ordinal
/// (attempt 0: call separate_variants() and number_attempts() once all are read). Of a multi-step
/// trial tokens and costs are its steps' sums, its exception may be a step's, its rewards stand
/// with their steps too. Resolved where every reward is at least 1; what an exception means beside
/// a reward is said in endings.hpp. Unknown counts of some steps make the sum unknown. Throws
/// UserError naming `origin` and the key.
void read_harbor_trial(const nlohmann::json& value, const std::string& origin,
                       ForeignOutcomes& outcomes);

/// Reads a job's own file, where its trials' files are gone: trials by name from its
/// statistics, without tokens and times. Their tasks are the names' first halves, which
/// Harbor cuts at 32 characters.
[[nodiscard]] ForeignOutcomes read_harbor_job(const nlohmann::json& value,
                                              const std::string& origin);

}  // namespace weir
