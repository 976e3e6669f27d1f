#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "results/cache_costs.hpp"

namespace weir {

/// Input tokens of calls that state their cache hits.
struct CacheSums {
  std::int64_t calls = 0;
  std::int64_t input_total = 0;
  std::int64_t input_hit = 0;
};

/// What one tier of an arm did over its counted tries.
struct TierSums {
  std::string model;  ///< the experiment's name for it
  PriceKey key;       ///< of its last call
  TimePoint at{};     ///< of its last call
  std::int64_t calls = 0;
  std::int64_t turns = 0;  ///< accepted
  Spend spend;
  Spend accepted_spend;
  std::int64_t input_tokens = 0;  ///< in and out, of all calls, as far as known
  std::int64_t output_tokens = 0;
  std::int64_t accepted_output = 0;  ///< of accepted calls that state it
  std::int64_t accepted_stated = 0;
  std::int64_t reread = 0;       ///< prompt tokens this tier had been sent before in the trajectory
  std::int64_t reread_hit = 0;   ///< of these, found in the cache
  std::int64_t timed_calls = 0;  ///< with a latency and a count of output tokens
  std::int64_t latency_ms = 0;
  std::int64_t ttft_calls = 0;
  std::int64_t ttft_ms = 0;
  std::int64_t timed_output = 0;
  std::int64_t decoded_ms = 0;      ///< after the first token, of calls that state when it came
  std::int64_t decoded_output = 0;  ///< tokens of those
  std::map<int, CacheSums> cache;   ///< by the turn's bin: see turn_bin
};

/// What going up and down cost an arm. `cold` and `back` are estimates: the misses that
/// a cache which had held all the other tier's history would not have had.
struct EscalationSums {
  std::int64_t up = 0;      ///< turns that went up: redone, or at a higher tier than the last
  std::int64_t redone = 0;  ///< of these, those whose cheaper draft was discarded
  std::int64_t down = 0;    ///< turns at a lower tier than the last
  std::int64_t restarts = 0;
  std::int64_t began_strong = 0;  ///< trials whose first turn was a strong tier's, undrafted
  Spend beginnings;               ///< of those, until they came down: no escalation
  // What a restart abandoned is in `abandoned` alone.
  Spend drafts;     ///< discarded calls of a lower tier than the accepted one
  Spend votes;      ///< samples that were not accepted
  Spend cold;       ///< of the first call after going up: its cold prefix
  Spend first;      ///< the whole of that call; and of a restarted trial's first strong one
  Spend stay;       ///< calls at the tier after the first
  Spend back;       ///< of the first call after going down: what the tier had not read
  Spend abandoned;  ///< all calls of trajectories that were restarted
  Spend other;      ///< failed calls, retries, turns cut off
};

/// How an arm's trajectories grow.
struct ShapeSums {
  std::int64_t trajectories = 0;
  std::int64_t first_prompt = 0;  ///< tokens, of those
  std::int64_t steps = 0;         ///< from one accepted turn to the next
  std::int64_t growth = 0;        ///< tokens of the prompt, over those
};

struct RouteSums {
  std::vector<TierSums> tiers;
  EscalationSums escalations;
  ShapeSums shape;
  std::int64_t trials = 0;
};

/// Sums one arm's calls, in the order they were made within each trial; those of tries
/// that do not count are left out. `book` prices what a warmer cache would have saved.
[[nodiscard]] RouteSums route_sums(const std::vector<BilledCall>& calls, const PriceBook& book);

/// 1, 2-5, 6-10, 11-20, 21-50, 51-100, 101 and later, as 0 to 6; and their names.
[[nodiscard]] int turn_bin(int turn);
[[nodiscard]] std::string turn_bin_name(int bin);

/// As text for keeping, and back.
[[nodiscard]] nlohmann::json to_json(const RouteSums& sums);
[[nodiscard]] RouteSums route_sums_from_json(const nlohmann::json& value);

}  // namespace weir
