#pragma once

#include <string>
#include <vector>

#include "harness/calibration/estimates.hpp"

namespace weir {

/// Fewer effective tasks than this say nothing of a threshold.
inline constexpr double kLeastTasks = 30;

/// Refuses a log that cannot carry what is asked of it: too few tasks, thresholds that were
/// not drawn as it says, weights whose mean is not 1, outcomes missing more under some
/// thresholds than under others. Throws UserError saying why and what to do.
void check_exploration(const ExplorationLog& log, const std::vector<ThresholdEstimate>& estimates);

/// Counts missing outcomes as unresolved: the bound where they cannot be taken for chance.
void count_missing_as_unresolved(ExplorationLog& log);

}  // namespace weir
