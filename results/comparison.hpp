#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/cache_costs.hpp"
#include "results/record.hpp"
#include "results/statistics/clusters.hpp"
#include "results/trial_summary.hpp"

namespace weir {

/// One line of the comparison table: what a config did and what it cost.
struct ConfigSummary {
  std::string config;
  int tiers = 1;
  ClusteredRate headline;  ///< missing data excluded
  ClusteredRate all;       ///< missing data counted as unresolved
  int resolved = 0;
  int missing = 0;  ///< provider_error, infra_error, not_run
  std::map<std::string, int> outcomes;
  std::optional<Picodollars> cost_pusd;  ///< counted tries; unknown if any call is unpriced
  std::int64_t unpriced_calls = 0;
  Spend spend;                             ///< of counted tries
  Spend headline_spend;                    ///< of the headline's trials
  Spend headline_cold;                     ///< estimate: no cache outlives a trial
  Spend headline_warm;                     ///< estimate: nothing sent before is lost
  std::optional<double> usd_per_trial;     ///< mean over the headline's trials
  std::optional<double> usd_per_resolved;  ///< headline's spend; unknown if none resolved
  std::optional<double> strong_share;      ///< of spend; unknown for one tier
  std::optional<double> usd_other_tries;
  std::optional<std::int64_t> input_total;
  std::optional<std::int64_t> input_hit;
  std::optional<std::int64_t> output_total;
  std::optional<std::int64_t> turns;
  std::optional<std::int64_t> escalated_turns;
  std::int64_t discarded_calls = 0;
};

/// The comparison of one run's configs.
struct Comparison {
  Run run;
  std::vector<ConfigSummary> configs;  ///< in the experiment's order; empty if split
  /// A run whose model changed: one table per part, never pooled.
  std::vector<std::vector<ConfigSummary>> parts;
  int straddling = 0;                  ///< trials that met both models: in no part
  std::vector<ModelChange> changes;    ///< the allowed ones too
  int missing = 0;                     ///< trials, in all parts
  std::int64_t priced_by_request = 0;  ///< calls whose server the price book does not know
  int tasks = 0;
  int attempts = 0;
  int expected = 0;  ///< trials: tasks x configs x attempts
  int begun = 0;     ///< trials with a row; fewer than expected = incomplete
  std::vector<std::string> price_entries;
  std::map<std::string, std::string> models;  ///< config -> "flash -> pro"
};

[[nodiscard]] ConfigSummary summarize(const std::string& config,
                                      const std::vector<TrialSummary>& trials);

}  // namespace weir
