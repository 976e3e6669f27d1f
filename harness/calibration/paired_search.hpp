#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "harness/calibration/paired_tasks.hpp"

namespace weir {

/// Escalating nothing: a threshold no signal reaches.
inline constexpr double kNothing = std::numeric_limits<double>::infinity();

/// What one choice of thresholds does on paired tasks: exact counts and money.
struct CascadePoint {
  double threshold = kNothing;   ///< escalate where signal >= threshold
  std::optional<double> second;  ///< of the second signal, where there are two
  int resolved = 0;
  int escalated = 0;
  Picodollars cost = 0;
};

/// Cheaper first; at equal cost the better, then the one that escalates less.
[[nodiscard]] bool better(const CascadePoint& a, const CascadePoint& b);

/// One signal as plain columns, for search: what a task's escalation changes.
struct SearchTask {
  double signal = 0;
  int gain = 0;          ///< strong resolved less base resolved
  Picodollars cost = 0;  ///< of the strong model
};

/// All thresholds there are: every distinct value and "nothing", from the least escalation
/// to the most. Tasks of equal signal move together. O(n log n).
[[nodiscard]] std::vector<CascadePoint> all_thresholds(std::vector<SearchTask> tasks,
                                                       const CascadePoint& nothing);
/// The same of paired tasks, by signal number `signal`.
[[nodiscard]] std::vector<CascadePoint> all_thresholds(const PairedTasks& pairs,
                                                       std::size_t signal = 0);

enum class TwoSignals { either, both };
/// All pairs of thresholds of the first two signals, for small tables: what the search below
/// is held against. O(values of the first x n).
[[nodiscard]] std::vector<CascadePoint> all_threshold_pairs(const PairedTasks& pairs,
                                                            TwoSignals rule);

struct PairSearch {
  std::size_t candidates = 0;
  std::vector<CascadePoint> frontier;  ///< every optimum there is lies on it
};
/// Their frontier alone, in memory for one sweep. Throws UserError where more than 2e8
/// candidates would have to be looked at.
[[nodiscard]] PairSearch search_threshold_pairs(const PairedTasks& pairs, TwoSignals rule);

/// The cheapest with at least `resolved`; nullopt: none.
[[nodiscard]] std::optional<CascadePoint> cheapest_with(const std::vector<CascadePoint>& points,
                                                        double resolved);
/// The best of at most this cost; nullopt: none.
[[nodiscard]] std::optional<CascadePoint> best_within(const std::vector<CascadePoint>& points,
                                                      Picodollars budget);
/// Largest value * resolved - cost.
[[nodiscard]] CascadePoint most_useful(const std::vector<CascadePoint>& points, Picodollars value);

/// The points nothing else beats in both cost and resolved, cheapest first.
[[nodiscard]] std::vector<CascadePoint> frontier_of(std::vector<CascadePoint> points);
/// Of a frontier, those on its concave hull: what lies between two of them is had by
/// choosing among the two at random, task by task.
[[nodiscard]] std::vector<CascadePoint> hull_of(const std::vector<CascadePoint>& frontier);

/// Bounds nobody can run: escalating exactly the tasks the base failed (the verdict known
/// afterwards), or sending each to the one model that is right (known before).
[[nodiscard]] CascadePoint perfect_verifier(const PairedTasks& pairs);
[[nodiscard]] CascadePoint oracle_router(const PairedTasks& pairs);
[[nodiscard]] CascadePoint base_only(const PairedTasks& pairs);
/// The strong model alone: the base's cost is not paid.
[[nodiscard]] CascadePoint strong_only(const PairedTasks& pairs);

}  // namespace weir
