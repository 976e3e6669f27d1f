#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/calibration/exploration_log.hpp"
#include "results/statistics/proportion.hpp"

namespace weir {

/// A mean under one threshold, tasks counting alike, as a log shows it.
struct ThresholdMean {
  double plain = 0;  ///< mean over tasks of the mean w x of their runs: unbiased
  double value = 0;  ///< the same over the mean of w: self-normalised; what is published
  double error = 0;  ///< of `value`, clustered by task
  Interval band;     ///< simultaneous over all thresholds of the grid; approximate
};

/// What a log says of one threshold of its grid.
struct ThresholdEstimate {
  double threshold = 0;
  ThresholdMean resolved;
  std::optional<ThresholdMean> usd;  ///< per run; nullopt where a run's cost is unknown
  std::optional<double> strong_usd;  ///< the part of strong tiers, where it is known
  std::optional<double> turns;       ///< per run, where every run's are known
  std::optional<double> strong_turns;
  double resolved_low = 0;   ///< with all runs in doubt unresolved
  double resolved_high = 0;  ///< with all of them resolved

  // Diagnostics.
  double ess = 0;  ///< effective sample size of the weights, in tasks
  double max_weight = 0;
  double mean_weight = 1;        ///< should be 1 within its error
  double mean_weight_error = 0;  ///< never less than independent draws would have
  double support = 0;            ///< share of runs with a weight
};

struct BandOptions {
  int resamples = 10'000;
  std::uint64_t seed = 1;
  double level = 0.95;  ///< that all bands of a quantity hold at once
};

/// Estimates for every threshold of the grid, from runs whose outcome is known.
/// Bands: as many standard errors as the largest of seeded multiplier draws over tasks
/// asks for; of rates as Wilson intervals at the effective size. Sources: importance
/// sampling from a mixture (exploration_log.hpp); sup-t bands: Montiel Olea &
/// Plagborg-Moller (2019); multipliers: Chernozhukov et al. (2013); Wilson (1927).
[[nodiscard]] std::vector<ThresholdEstimate> estimate_thresholds(const ExplorationLog& log,
                                                                 const BandOptions& options);

}  // namespace weir
