#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/cache_costs.hpp"

namespace weir {

/// What one config's calls cost under a book, beside what the run stored.
struct RepricedConfig {
  std::string config;      ///< "@canary" for the canary's calls
  int trials = 0;          ///< with at least one call
  std::int64_t calls = 0;  ///< of counted tries
  Spend stored;
  CacheCosts costs;  ///< of counted tries
  CacheCosts other_tries;  ///< and forks' ways: calls on no counted path
};

/// Costs of a run's calls under `book`, a line per config in order of first
/// call; a call that
/// several trials of a tree share is in each one's. Changes nothing.
[[nodiscard]] std::vector<RepricedConfig> reprice(const std::vector<BilledCall>& calls,
                                                  const PriceBook& book);

/// How many calls a price entry prices, and how many of them only as the model
/// asked for, since the book does not know the one that served.
struct EntryUse {
  std::int64_t calls = 0;
  std::int64_t by_request = 0;
};
[[nodiscard]] std::map<std::string, EntryUse> entries_used(const std::vector<BilledCall>& calls,
                                                           const PriceBook& book);

}  // namespace weir
