#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "results/statistics/proportion.hpp"

namespace weir {

// Two arms on the same tasks. The difference is always new - base. For one trial
// of each, `base_only` tasks were resolved by the base alone and `new_only` by the
// new arm alone: the discordant pairs.

/// Two-sided McNemar tests: base_only ~ Bin(base_only + new_only, 1/2).
/// Source: McNemar (1947); mid-p: Fagerland, Lydersen & Laake (2013).
[[nodiscard]] double mcnemar_exact(int base_only, int new_only);
[[nodiscard]] double mcnemar_midp(int base_only, int new_only);

/// Tango's score interval for the difference of paired rates; never of zero width.
/// Source: Tango (1998), Statistics in Medicine 17, roots of the score statistic.
[[nodiscard]] Interval tango(int base_only, int new_only, int n, double level = 0.95);

/// An interval that covers at least `level` however few pairs differ: each of the
/// two discordant rates lies in its Clopper-Pearson interval (half the error each),
/// and the difference between the corners. Never of zero width.
[[nodiscard]] Interval paired_exact(int base_only, int new_only, int n, double level = 0.95);

/// The same for the mean of differences in [-1, 1]: betting limits from both sides, in
/// one fixed shuffled order. Holds for any number of tasks, never of zero width.
/// Source: Waudby-Smith & Ramdas (2024); see betting_lower.
[[nodiscard]] Interval paired_betting(const std::vector<double>& differences, double level = 0.95);

struct PairedDifference {
  double diff = 0;
  double se = 0;             ///< sd of the differences / sqrt(n); 0 for n < 2
  double corr = 0;           ///< Pearson, of the two arms; 0 where undefined
  Interval interval{-1, 1};  ///< Student's t with n - 1 degrees of freedom
};

/// Task means `base` and `fresh`, in the same order.
[[nodiscard]] PairedDifference paired_difference(const std::vector<double>& fresh,
                                                 const std::vector<double>& base,
                                                 double level = 0.95);

/// Two-sided sign-flip permutation test of mean 0: share of sign vectors with
/// |sum| at least as large. All of them up to 20 differences that are not 0, else
/// `draws` seeded ones, counted as (1 + hits) / (1 + draws).
/// Source: Fisher (1935), sec. 21; Phipson & Smyth (2010) for the count.
[[nodiscard]] double sign_flip(const std::vector<double>& differences, std::uint64_t seed,
                               int draws = 20'000);

/// One task's verdicts under two arms.
struct TaskCounts {
  int base_resolved = 0, base_trials = 1;
  int fresh_resolved = 0, fresh_trials = 1;
};

/// Two-sided permutation test that the trials of each task are exchangeable between the
/// arms, on the mean difference of task means: valid however many trials each arm has,
/// where sign flips need as many in both. Source: Fisher (1935); stratified.
[[nodiscard]] double within_task_permutation(const std::vector<TaskCounts>& tasks,
                                             std::uint64_t seed, int draws = 10'000);

struct NonInferiority {
  double diff = 0;
  double se = 0;
  double z = 0;
  double p = 1;       ///< of H0: new <= base - margin
  double lower = -1;  ///< one-sided 1 - alpha limit of the difference
};

/// Wald test of paired non-inferiority: se = sqrt(b + c - (b - c)^2 / n) / n.
/// Source: Lu & Bean (1995), unconstrained variance.
[[nodiscard]] NonInferiority noninferiority_wald(int base_only, int new_only, int n, double margin,
                                                 double alpha);

}  // namespace weir
