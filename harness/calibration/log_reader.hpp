#pragma once

#include <string>
#include <string_view>

#include "harness/calibration/exploration_log.hpp"

namespace weir {

/// Reads a JSONL log of runs with randomised thresholds. One object a line:
///   meta  grid [thresholds], grid_probs [same length; default uniform], simulated
///   run   run, task, threshold, resolved (true, false; null = missing), cost (USD),
///         turns, config
///   turn  run, turn, score in [0,1], escalated, restorable (false = in doubt), p_escalate, cost,
///         fork {resolved, cost}, fork_probability: what the way not taken came to
/// A line says what it is by "type" (or "kind"), by being nested under its name, or by
/// its keys. Unknown keys are ignored. Runs without a threshold are plain arms, which tell a
/// gap. A turn escalates iff score >= threshold; a run whose turns say
/// otherwise is refused. A run without turns stands for its own threshold alone.
/// A run's turns are numbered from 0 or 1 on without a gap, as many as its `turns`. Where turns
/// were explored on their own (p_escalate between 0 and 1), every run needs its turns.
/// `name` stands in errors. Throws UserError naming the line and key.
[[nodiscard]] ExplorationLog parse_exploration_log(const std::string& name, std::string_view text);

}  // namespace weir
