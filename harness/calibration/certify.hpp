#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/calibration/threshold_tests.hpp"

namespace weir {

/// What is promised: with probability 1 - delta over logs, no threshold is certified
/// whose true resolve rate is below the target.
struct Promise {
  double target = 0;
  double delta = 0.1;
  Guarantee guarantee = Guarantee::finite_sample;
  std::uint64_t seed = 1;
};

/// Thresholds that keep a promise, all of them jointly.
struct Certification {
  std::vector<ThresholdTest> tests;  ///< by threshold of the grid
  std::vector<double> shares;        ///< of delta that each started with
  std::vector<bool> certified;
  [[nodiscard]] bool any() const;
};

/// Tests a chain of thresholds with several starts. Each threshold of the more escalating
/// half of the grid holds a share of delta, larger the cheaper it is; one whose p-value is
/// within its share is certified and passes the share on to the next cheaper one not yet
/// certified. So a start that fails (escalating everything may break what was fine) does
/// not end it, as it ends a fixed sequence. Holds the family-wise error at delta.
/// Source: Bretz, Maurer, Brannath & Posch (2009), graphical approaches.
[[nodiscard]] Certification certify(const ExplorationLog& log, const Promise& promise);

/// The shares of delta that a grid of so many thresholds starts with; they sum to 1.
[[nodiscard]] std::vector<double> starting_shares(std::size_t thresholds);

/// Which p-values pass, given the starting shares; exposed for its tests.
[[nodiscard]] std::vector<bool> pass_chain(const std::vector<double>& p, std::vector<double> shares,
                                           double delta);

/// The cheapest certified threshold: cost, then fewer escalations, then the higher
/// threshold. `cost` and `escalations`: by threshold of the grid, estimated.
[[nodiscard]] std::optional<std::size_t> cheapest(const Certification& certification,
                                                  const std::vector<double>& cost,
                                                  const std::vector<double>& escalations);

/// How often a log like this one would certify nothing: the share of `resamples` logs of
/// as many tasks, drawn from its tasks with replacement.
[[nodiscard]] double abstention_rate(const ExplorationLog& log, const Promise& promise,
                                     int resamples);

/// The order of magnitude of the tasks that certify the most promising threshold with
/// probability 0.8: normal approximation, one own-drawn run a task, and no fewer than a
/// fifth more than there are, since what looks most promising is partly luck. nullopt: none
/// looks as if it kept the target. `rates`: estimated, by threshold of the grid.
[[nodiscard]] std::optional<int> tasks_needed(const ExplorationLog& log, const Promise& promise,
                                              const std::vector<double>& rates);

/// Independent tasks with which P(Bin(n, 1 - target) <= fails) <= alpha has probability 0.8,
/// were the rate `rate` > `target`. Normal approximation.
[[nodiscard]] double exact_tasks_needed(double rate, double target, double alpha);
/// The same, as it is published: whole, no fewer than a fifth more than `tasks`.
[[nodiscard]] int published_tasks(double needed, std::size_t tasks);

}  // namespace weir
