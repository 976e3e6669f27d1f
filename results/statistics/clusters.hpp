#pragma once

#include <vector>

#include "results/statistics/proportion.hpp"

namespace weir {

// Several trials of one task are not independent: the task is the cluster.

/// One task's trials under one config.
struct TaskOutcomes {
  int resolved = 0;
  int trials = 0;
};

struct ClusteredRate {
  double rate = 0;    ///< mean over trials
  double error = 0;   ///< standard error clustered by task (CR1); 0 if undefined
  Interval interval;  ///< 95 % unless asked otherwise; never of zero width
  int tasks = 0;
  int trials = 0;
};

/// Resolve rate with an interval that respects that attempts at one task are
/// not independent: CR1 clustered standard error (Miller 2024, "Adding error
/// bars to evals", sec. 2), turned into a Wilson interval at the effective
/// sample size rate (1 - rate) / error^2, at most the trials, adjusted for the t
/// quantile of tasks - 1 degrees of freedom (Korn & Graubard 1998). Where the error is 0 or
/// undefined, the effective size is the number of tasks.
[[nodiscard]] ClusteredRate clustered_rate(const std::vector<TaskOutcomes>& tasks,
                                           double level = 0.95);

/// A mean over all values with its standard errors.
struct ClusteredMean {
  double mean = 0;
  double se_iid = 0;    ///< as if independent: sd(N-1) / sqrt(N)
  double se_cr0 = 0;    ///< sqrt(sum over clusters of (sum of residuals)^2) / N
  double se_cr1 = 0;    ///< CR0 with its variance times G / (G - 1)
  double deff_cr0 = 0;  ///< (se_cr0 / se_iid)^2
};

/// Source: Miller (2024), sec. 2; Liang & Zeger (1986). Clusters must not all be empty.
[[nodiscard]] ClusteredMean clustered_mean(const std::vector<std::vector<double>>& clusters);

/// Intraclass correlation by one-way analysis of variance.
struct IntraclassCorrelation {
  bool defined = false;  ///< trials within tasks, and not all alike
  double icc = 0;        ///< may be negative
  double deff = 1;       ///< 1 + (mean cluster size - 1) icc
  double n_eff = 0;      ///< values / deff
};

/// (MSB - MSW) / (MSB + (n0 - 1) MSW) with n0 = (N - sum m^2 / N) / (G - 1).
/// Source: Donner (1986), Int. Stat. Review 54; Kish (1965) for the design effect.
[[nodiscard]] IntraclassCorrelation icc_anova(const std::vector<std::vector<double>>& clusters);

/// pass@k = 1 - C(n-c, k) / C(n, k): the chance that k of n recorded trials, c of
/// them resolved, hold at least one success. k <= n. Product form.
/// Source: Chen et al. (2021), sec. 2.1.
[[nodiscard]] double pass_at_k(int n, int c, int k);

/// pass^k = C(c, k) / C(n, k): the chance that all k are successes. k <= n.
/// Source: Yao et al. (2024), tau-bench, sec. 3.
[[nodiscard]] double pass_hat_k(int n, int c, int k);

}  // namespace weir
