#pragma once

namespace weir {

struct Interval {
  double low = 0;
  double high = 1;
};

// Intervals for one rate: k successes of n, two-sided at confidence `level`.
// n here is independent trials: tasks, not attempts (see clusters.hpp). n = 0
// gives [0, 1]. Wilson for display, Clopper-Pearson for gates, Jeffreys as the
// Bayesian twin.

/// Wilson score interval. `n` need not be whole.
/// Source: Wilson (1927), JASA 22, eq. 5; no continuity correction.
[[nodiscard]] Interval wilson(double successes, double n, double level = 0.95);

/// Clopper-Pearson: quantiles of Beta(k, n-k+1) and Beta(k+1, n-k); covers at
/// least `level`, always. Source: Clopper & Pearson (1934), Biometrika 26.
[[nodiscard]] Interval clopper_pearson(int successes, int n, double level = 0.95);

/// One-sided Clopper-Pearson limits that err with probability at most `alpha`.
[[nodiscard]] double clopper_pearson_lower(int successes, int n, double alpha);
[[nodiscard]] double clopper_pearson_upper(int successes, int n, double alpha);

/// Jeffreys: quantiles of Beta(k + 1/2, n - k + 1/2), 0 at k = 0 and 1 at k = n.
/// Source: Brown, Cai & DasGupta (2001), Statistical Science 16.
[[nodiscard]] Interval jeffreys(int successes, int n, double level = 0.95);

/// How likely a test is flaky: posterior mass of its pass rate in (0.05, 0.95)
/// under Jeffreys' prior.
[[nodiscard]] double flaky_posterior_mass(int passes, int trials);

}  // namespace weir
