#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/exchange/foreign.hpp"
#include "results/trial_summary.hpp"

namespace weir {

/// Reads per-instance outcomes from a CSV, in one of two shapes.
/// Long: a row is a trial; columns, by any of their usual names: task (instance_id,
/// task_id, task), config (model, config, submission, agent; else `config`), attempt
/// (attempt, trial; else counted), resolved (resolved, is_resolved, pass), cost
/// (cost_usd), calls, tokens, seconds, failure_mode (read by endings.hpp); and what Weir
/// itself writes: outcome, stop_reason, error_class, turns, simulated.
/// Wide: a row is a task, and every config has a column (0, 1 or blank) or a group
/// NAME_resolved, NAME_cost_usd, NAME_calls.
/// A blank outcome is missing data, not_run, unless a failure mode says what became of it.
/// Token counts of 0 are unknown. Throws UserError with file, line and column.
[[nodiscard]] ForeignOutcomes read_outcomes(std::string_view text, const std::string& origin,
                                            const std::string& config);

/// Trials in the long shape; read_outcomes() gives them back. Unknown is blank.
[[nodiscard]] std::string outcomes_csv(const std::vector<TrialSummary>& trials, bool simulated);

}  // namespace weir
