#pragma once

#include <cstdint>
#include <optional>

#include "harness/calibration/exploration_log.hpp"

namespace weir {

/// The cheapest threshold whose estimate reaches the target, tuned on other tasks and judged
/// on these: what choosing by estimate, without a certificate, is worth.
struct LogValidation {
  int folds = 0;
  int out_of_reach = 0;  ///< folds whose other tasks show no such threshold: the lowest is taken
  double resolved = 0;
  double error = 0;  ///< of it, over tasks
  double usd = 0;    ///< per run
};

/// Folds of whole tasks, seeded. Runs without outcome or cost take no part. nullopt with
/// fewer tasks than folds, or where no run has weight under what was chosen.
[[nodiscard]] std::optional<LogValidation> cross_validate(const ExplorationLog& log, double target,
                                                          std::uint64_t seed);

}  // namespace weir
