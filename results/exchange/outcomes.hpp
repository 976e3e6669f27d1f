#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// A trial as somebody else recorded it. Unknown is nullopt.
struct ForeignTrial {
  std::string config;
  std::string task;
  int attempt = 1;
  Outcome outcome = Outcome::not_run;
  std::string stop_reason;  ///< name of a StopReason, or ""
  std::string error_class;
  std::optional<std::int64_t> calls;
  std::optional<std::int64_t> input_total;
  std::optional<std::int64_t> input_hit;
  std::optional<std::int64_t> output_total;
  std::optional<Picodollars> cost_pusd;
  std::optional<std::int64_t> wall_ms;
  std::optional<std::int64_t> model_ms;
};

struct ForeignOutcomes {
  std::vector<ForeignTrial> trials;
  std::vector<std::string> ignored;  ///< columns with no meaning here
};

/// Reads per-instance outcomes from a CSV, in one of two shapes.
/// Long: a row is a trial; columns, by any of their usual names: task (instance_id,
/// task_id, task), config (model, config, submission, agent; else `config`), attempt
/// (attempt, trial; else counted), resolved (resolved, is_resolved, pass), cost
/// (cost_usd), calls, tokens, seconds, failure_mode.
/// Wide: a row is a task, and every config has a column (0, 1 or blank) or a group
/// NAME_resolved, NAME_cost_usd, NAME_calls.
/// A blank outcome is missing data: infra_error where a failure mode is named, else
/// not_run. Token counts of 0 are unknown. Throws UserError with file, line and column.
[[nodiscard]] ForeignOutcomes read_outcomes(std::string_view text, const std::string& origin,
                                            const std::string& config);

}  // namespace weir
