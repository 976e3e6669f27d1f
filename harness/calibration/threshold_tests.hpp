#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/calibration/exploration_log.hpp"

namespace weir {

/// One threshold against "its true resolve rate is below the target".
struct ThresholdTest {
  enum class Method {
    exact,      ///< binomial, on one run a task that drew this very threshold
    betting,    ///< e-value, on all tasks' weighted runs
    asymptotic  ///< clustered normal, on all tasks' weighted runs
  };
  Method method = Method::exact;
  double p = 1;   ///< p-value; of betting, 1 over the largest stake
  int tasks = 0;  ///< that the test could learn from
};
[[nodiscard]] std::string_view name_of(ThresholdTest::Method method);

/// Which promise the tests keep: for every number of tasks, or approximately, for many.
enum class Guarantee { finite_sample, asymptotic };
[[nodiscard]] std::string_view name_of(Guarantee guarantee);

/// Tests of every threshold of a log's grid against one target. Tasks must be independent;
/// runs of one task need not be, but the threshold of one run must not change another run.
/// Missing outcomes take no part; those in doubt (ExploredRun::in_doubt) count as unresolved.
///
/// Finite-sample. A small first part of the tasks, in a seeded order, decides for each
/// threshold which of two tests its other tasks get, and is then left out:
///  - exact: runs that drew the threshold are plain on-policy runs, so one of them per task,
///    chosen by its name, makes independent coin flips with the true rate:
///    p = P(Bin(n, 1 - target) <= fails).
///  - betting: over tasks, the mean of w (R - m) + m - target with weights w of mean 1,
///    where m is the mean outcome of earlier tasks. Stakes sized by earlier tasks multiply;
///    P(ever >= 1/d) <= d.
/// Where most runs fit several thresholds betting needs fewer tasks, else the exact test.
/// Sources: Clopper & Pearson (1934); Waudby-Smith & Ramdas (2024), JRSS B 86.
///
/// Asymptotic. The same means over all tasks, against their standard error over tasks, by
/// Student's t; where fewer than 30 effective tasks, ten failures or ten successes carry
/// weight, the exact test in its place.
[[nodiscard]] std::vector<ThresholdTest> test_thresholds(const ExplorationLog& log, double target,
                                                         double delta, Guarantee guarantee,
                                                         std::uint64_t seed);

/// One task's estimate of a threshold's resolve rate: the mean of w (R - m) + m over its
/// runs. Its mean is the true rate, for whatever m that knows nothing of the task.
struct ControlledOutcome {
  double value = 0;
  double lowest = 0;  ///< that it could have been, as known before the task
};
/// In the order given; tasks hold runs with known outcomes. `guess` starts m.
[[nodiscard]] std::vector<ControlledOutcome> controlled_outcomes(
    const ExplorationLog& log, std::size_t k, const std::vector<std::vector<std::size_t>>& tasks,
    double guess);

}  // namespace weir
