#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/calibration/benefit.hpp"
#include "results/record.hpp"

namespace weir {

/// Thresholds as a set: bit k is grid[k].
using ThresholdSet = std::uint64_t;
inline constexpr std::size_t kMostThresholds = 64;

/// One run of a task under a threshold drawn at random.
struct ExploredRun {
  std::string id;
  std::size_t task = 0;   ///< index into ExplorationLog::tasks
  std::size_t drawn = 0;  ///< index into the grid
  /// The thresholds that would have taken every decision of this run: it is a run of each
  /// of them. Holds `drawn`.
  ThresholdSet consistent = 0;
  std::optional<bool> resolved;  ///< nullopt: missing (an infra error), no failure
  bool bounded = false;          ///< was missing, and is counted as unresolved
  std::optional<Picodollars> cost;
  std::optional<Picodollars> strong_cost;  ///< the part of strong tiers
  std::optional<int> turns;
  std::optional<int> strong_turns;
  /// A turn could not be undone as the policy asks: what the threshold would have led to
  /// is unknown. Bounded by 0 and 1, never dropped.
  bool in_doubt = false;
  double scale = 1;  ///< of its weights: see level_trees
};

/// A turn that was explored on its own.
struct ExploredTurn {
  double score = 0;
  bool escalated = false;
  double p_escalate = 0;  ///< that it would be
  std::optional<double> usd;
};

/// Runs of one config without a threshold of its own: flash alone, pro alone.
struct PlainArm {
  std::string config;
  int runs = 0;
  int resolved = 0;
  double usd = 0;      ///< in all
  bool priced = true;  ///< every run's cost is known
};

/// What calibration feeds on: runs whose thresholds were drawn from one grid with known
/// probabilities, independently of all that happened; the draws of one task may depend on
/// each other (without replacement, in turn). A value; tasks are the independent units.
struct ExplorationLog {
  std::vector<double> grid;  ///< ascending; exactly 1.01 = never
  std::vector<double> probs;
  std::vector<std::string> tasks;
  std::vector<ExploredRun> runs;
  std::vector<PlainArm> plain_arms;  ///< one per config
  bool every_threshold = false;  ///< threshold trees: each task has a run of each threshold
  std::vector<ForkEffect> forks;
  /// By run, of a log whose turns were explored one by one (turn_exploration.hpp); else empty.
  std::vector<std::vector<ExploredTurn>> turns;
  /// What exploring cost, each call once; nullopt: the runs' costs, which share none.
  std::optional<Picodollars> spent;
  bool simulated = false;

  /// The probability of drawing one of `set`.
  [[nodiscard]] double mass(ThresholdSet set) const;
  /// The plain arm of this config, made if need be.
  PlainArm& plain_arm(const std::string& config);
  /// Indices of each task's runs, by task.
  [[nodiscard]] std::vector<std::vector<std::size_t>> runs_by_task() const;
  /// The same of runs with a known outcome; tasks without one are left out.
  [[nodiscard]] std::vector<std::vector<std::size_t>> known_by_task() const;
};

/// Where `threshold` stands on `grid`; nullopt: nowhere.
[[nodiscard]] std::optional<std::size_t> place_of(const std::vector<double>& grid,
                                                  double threshold);

/// Whether grid[k] is in `set`.
[[nodiscard]] constexpr bool holds(ThresholdSet set, std::size_t k) {
  return (set >> k & 1U) != 0;
}

/// In a log of threshold trees every threshold has runs of its own on every task: one that is
/// missing must not make its siblings count for more. Scales weights so that a task's known
/// runs weigh what they would among all of them. Does nothing to other logs.
void level_trees(ExplorationLog& log);

/// The weight of a run for grid[k]: 1 over the probability of its consistent set, 0
/// where it is no run of that threshold. 1 on average, where none is missing. Source: importance sampling from
/// the mixture of thresholds (Agarwal et al. 2017; Kearns, Mansour & Ng 2000).
[[nodiscard]] double weight(const ExplorationLog& log, const ExploredRun& run, std::size_t k);

}  // namespace weir
