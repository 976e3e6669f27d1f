#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/cache_costs.hpp"
#include "results/record.hpp"
#include "results/route_sums.hpp"

namespace weir {

/// Sums over the calls of a trial's counted try. Counts are unknown where an
/// imported trial did not bring them.
struct TrialSums {
  std::optional<std::int64_t> turns = 0;
  std::optional<std::int64_t> escalated_turns = 0;
  std::optional<std::int64_t> calls = 0;
  std::optional<std::int64_t> discarded_calls = 0;
  std::int64_t unpriced_calls = 0;
  std::optional<std::int64_t> input_total;
  std::optional<std::int64_t> input_hit;
  std::optional<std::int64_t> output_total;
  std::optional<Picodollars> cost_pusd;
  std::optional<double> usd_strong;
  std::optional<double> usd_other_tries;
  Spend spend;  ///< call by call, where cost_pusd knows only all or nothing
  Spend cold;   ///< estimate: no cache outlives a trial
  Spend warm;   ///< estimate: nothing sent before is lost
};

/// One row of v_trial, as far as tables need it.
struct TrialSummary : TrialSums {
  std::string trial;
  std::string suite;
  std::string task;
  std::string config;
  int attempt = 0;
  int try_number = 1;
  int slot = 0;
  Outcome outcome = Outcome::not_run;
  std::string stop_reason;
  std::string error_class;
  std::string difficulty;
  std::string task_sha256;
  std::string environment_sha256;
  std::optional<std::int64_t> wall_ms;
  std::optional<std::int64_t> model_ms;
  std::optional<std::int64_t> box_ms;
};

/// What one served model's accepted calls cost in one arm, by length of prompt.
struct ContextCost {
  std::string config;
  std::string model;  ///< that served
  int bin = 0;        ///< input tokens from 2^bin to below 2^(bin + 1)
  std::int64_t calls = 0;
  Picodollars cost_pusd = 0;
  std::int64_t input_total = 0;  ///< of calls that state their hits
  std::int64_t input_hit = 0;
};

/// What a run's calls sum up to.
struct RunSums {
  std::map<std::string, TrialSums> trials;  ///< by id
  std::vector<ContextCost> contexts;
  std::map<std::string, RouteSums> routes;  ///< by config
  std::vector<std::string> price_entries;  ///< that priced its calls
  std::int64_t priced_by_request = 0;      ///< calls whose server the book does not know
};

}  // namespace weir
