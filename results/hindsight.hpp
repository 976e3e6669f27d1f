#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/arm.hpp"
#include "results/statistics/clusters.hpp"

namespace weir {

/// What two plain arms would have done together, had somebody known the verdicts: bounds
/// for choosing one arm per trial, with these draws. A cascade, which chooses per turn, may
/// do better.
struct Hindsight {
  std::string name;     ///< perfect_verifier, oracle_router, NAME x K
  std::string meaning;  ///< for people
  ClusteredRate resolved;
  int left_out = 0;  ///< pairs of attempts, or tasks, without the outcomes it needs
  std::optional<double> usd_per_trial;  ///< unknown if a trial's cost is
};

/// From paired attempts of base and strong (same task, same attempt; pairs with missing
/// data are left out): the strong tier from scratch where the base failed, both paid
/// (perfect_verifier); the strong tier only where it alone resolves, the base elsewhere
/// (oracle_router). And each arm with 2, 3, ... attempts, as many as its tasks have, one
/// after another until one resolves (NAME x K): a cascade that escalates on the verdict gets
/// another attempt, so the fair controls get it too.
[[nodiscard]] std::vector<Hindsight> hindsight(const Arm& base, const Arm& strong);

}  // namespace weir
