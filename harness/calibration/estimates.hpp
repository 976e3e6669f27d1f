#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/calibration/exploration_log.hpp"
#include "results/statistics/proportion.hpp"

namespace weir {

/// A mean per run under one threshold, as a log shows it.
struct ThresholdMean {
  double plain = 0;  ///< sum of w x / runs: unbiased
  double value = 0;  ///< sum of w x / sum of w: self-normalised; what is published
  double error = 0;  ///< of `value`, clustered by task
  /// Simultaneous over all thresholds of the grid, at 95 %: holds for whichever of them is
  /// chosen, by whatever rule.
  Interval band;
};

/// What a log says of one threshold of its grid.
struct ThresholdEstimate {
  double threshold = 0;
  ThresholdMean resolved;
  std::optional<ThresholdMean> usd;  ///< per run; nullopt where a run's cost is unknown
  std::optional<double> strong_usd;  ///< the part of strong tiers, where it is known
  ThresholdMean turns;
  ThresholdMean strong_turns;
  double resolved_low = 0;   ///< with all runs in doubt unresolved
  double resolved_high = 0;  ///< with all of them resolved

  // Diagnostics.
  double ess = 0;        ///< effective sample size of the weights, in tasks
  double max_weight = 0;
  double mean_weight = 1;  ///< should be 1 within its error
  double mean_weight_error = 0;
  double support = 0;  ///< share of runs with a weight
};

/// Estimates for every threshold of the grid, from runs whose outcome is known.
/// Bands: studentised, by the largest of `resamples` seeded multiplier draws over
/// tasks. Sources: importance sampling from a mixture (exploration_log.hpp); sup-t bands:
/// Montiel Olea & Plagborg-Moller (2019); multipliers: Chernozhukov et al. (2013).
[[nodiscard]] std::vector<ThresholdEstimate> estimate_thresholds(const ExplorationLog& log,
                                                                 int resamples, std::uint64_t seed);

}  // namespace weir
