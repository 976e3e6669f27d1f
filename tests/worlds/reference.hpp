#pragma once

#include <optional>

#include "harness/calibration/exploration_log.hpp"

namespace weir {

/// What Weir's chain is measured against: a fixed sequence from the lowest threshold (that
/// escalates most) on, each at delta, until one fails; the cheapest accepted one.
enum class Reference {
  betting,     ///< w (R - target) per task, rescaled to [0,1], bet against as betting_lower does
  asymptotic,  ///< the same means against their standard error over tasks, by the normal law
};

/// Index of the grid; nullopt: abstained.
[[nodiscard]] std::optional<std::size_t> reference_choice(const ExplorationLog& log, double target,
                                                          double delta, Reference reference);

}  // namespace weir
