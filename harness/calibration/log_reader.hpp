#pragma once

#include <filesystem>
#include <string>

#include "harness/calibration/exploration_log.hpp"

namespace weir {

/// Reads a JSONL log of runs with randomised thresholds. One object a line:
///   meta  grid [thresholds], grid_probs [same length; default uniform], simulated
///   run   run, task, threshold, resolved (true, false; null = missing), cost (USD),
///         turns, config
///   turn  run, turn, score in [0,1], escalated, restorable (false = in doubt)
/// A line says what it is by "type" (or "kind"), by being nested under its name, or by
/// its keys. Unknown keys are ignored, as are runs without a threshold (plain arms,
/// see plain_arms). A turn escalates iff score >= threshold; a run whose turns say
/// otherwise is refused. A run without turns stands for its own threshold alone.
/// Throws UserError naming the line and key.
[[nodiscard]] ExplorationLog read_exploration_log(const std::filesystem::path& file);
/// The same of text; `name` stands in errors.
[[nodiscard]] ExplorationLog parse_exploration_log(const std::string& name, std::string_view text);

}  // namespace weir
