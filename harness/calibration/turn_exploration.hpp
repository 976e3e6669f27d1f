#pragma once

#include <optional>
#include <vector>

#include "harness/calibration/exploration_log.hpp"
#include "results/report/document.hpp"

namespace weir {

// Logs whose turns were explored one by one, each with its own probability. Ratios multiply
// over a run, so their weights explode with its length: at an agent's horizon they are
// useless, and at no length do they carry a promise. Estimates only, and only where enough
// tasks stand behind them.

/// What a threshold would have done, by such a log.
struct TurnwiseEstimate {
  double threshold = 0;
  double ess = 0;         ///< effective tasks
  double max_weight = 0;  ///< of a run
  double mean_weight = 0;  ///< 1 where the probabilities are right
  double mean_weight_error = 0;
  /// Self-normalised rate with its error, clustered by task (SNIPS); nullopt: too few
  /// effective tasks stand behind it.
  std::optional<double> resolved;
  double resolved_error = 0;
  /// USD per run: each turn's cost weighed by the ratios up to it (CWPDIS) where turns have
  /// costs, else as the rate; nullopt also where costs are unknown.
  std::optional<double> usd;
};

/// By threshold of the log's grid, ascending. Throws UserError where the mean weights say that
/// the probabilities are not those of the log.
[[nodiscard]] std::vector<TurnwiseEstimate> estimate_turnwise(const ExplorationLog& log);

[[nodiscard]] Document turnwise_document(const ExplorationLog& log,
                                         const std::vector<TurnwiseEstimate>& estimates);

}  // namespace weir
