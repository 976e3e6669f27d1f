#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/arm.hpp"
#include "results/statistics/clusters.hpp"

namespace weir {

/// What two plain arms would have done together, had somebody known the verdicts: bounds
/// for any router, never results of one.
struct Hindsight {
  std::string name;     ///< perfect_verifier, oracle_router, NAME x K
  std::string meaning;  ///< for people
  ClusteredRate resolved;
  std::optional<double> usd_per_trial;  ///< unknown if a trial's cost is
};

/// From paired attempts of base and strong (same task, same attempt; pairs with missing
/// data are left out): the strong tier from scratch where the base failed, both paid
/// (perfect_verifier); the cheaper arm that resolves, or the base where none does
/// (oracle_router). And each arm with as many attempts as its tasks have, one after
/// another until one resolves (NAME x K): a cascade that escalates on the verdict gets
/// another attempt, so the fair controls get it too.
[[nodiscard]] std::vector<Hindsight> hindsight(const Arm& base, const Arm& strong);

}  // namespace weir
