#pragma once

#include <vector>

namespace weir {

struct Interval {
  double low = 0;
  double high = 1;
};

/// Wilson score interval for `successes` of `n` at two-sided confidence
/// `level`. `n` need not be whole. n = 0 gives [0, 1].
/// Source: Wilson (1927), JASA 22, eq. 5; no continuity correction.
[[nodiscard]] Interval wilson(double successes, double n, double level = 0.95);

/// One task's trials under one config.
struct TaskOutcomes {
  int resolved = 0;
  int trials = 0;
};

struct ClusteredRate {
  double rate = 0;      ///< mean over trials
  double error = 0;     ///< standard error clustered by task (CR1); 0 if undefined
  Interval interval;    ///< 95 % unless asked otherwise; never of zero width
  int tasks = 0;
  int trials = 0;
};

/// Resolve rate with an interval that respects that attempts at one task are
/// not independent: CR1 clustered standard error (Miller 2024, "Adding error
/// bars to evals", sec. 2), turned into a Wilson interval at the effective
/// sample size rate (1 - rate) / error^2, adjusted for the t quantile of
/// tasks - 1 degrees of freedom (Korn & Graubard 1998). Where the error is 0 or
/// undefined, the effective size is the number of tasks.
[[nodiscard]] ClusteredRate clustered_rate(const std::vector<TaskOutcomes>& tasks,
                                           double level = 0.95);

}  // namespace weir
