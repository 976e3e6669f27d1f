#include <nlohmann/json.hpp>

#include "results/report.hpp"

namespace weir {
namespace {

using nlohmann::json;

template <typename T>
json known(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json rate(const ClusteredRate& r) {
  return {{"trials", r.trials},
          {"tasks", r.tasks},
          {"rate", r.trials == 0 ? json() : json(r.rate)},
          {"low", r.interval.low},
          {"high", r.interval.high},
          {"level", 0.95},
          {"method", "wilson, effective n from CR1 by task"}};
}

json per_trial(const std::optional<Spend>& spend, int trials) {
  if (!spend || !spend->whole() || trials == 0) return {};
  return static_cast<double>(*spend->whole()) / 1e12 / trials;
}

json config(const ConfigSummary& row) {
  return {{"config", row.config},
          {"tiers", row.tiers},
          {"resolved", row.resolved},
          {"headline", rate(row.headline)},
          {"errors_as_unresolved", rate(row.all)},
          {"missing", row.missing},
          {"outcomes", row.outcomes},
          {"cost_pusd", known(row.cost_pusd)},
          {"known_pusd", row.spend.known},
          {"usd", row.cost_pusd ? json(static_cast<double>(*row.cost_pusd) / 1e12) : json()},
          {"usd_per_trial", known(row.usd_per_trial)},
          {"usd_cold_per_trial", per_trial(row.headline_cold, row.headline.trials)},
          {"usd_warm_per_trial", per_trial(row.headline_warm, row.headline.trials)},
          {"usd_per_resolved", known(row.usd_per_resolved)},
          {"usd_other_tries", known(row.usd_other_tries)},
          {"unpriced_calls", row.unpriced_calls},
          {"input_total", known(row.input_total)},
          {"input_hit", known(row.input_hit)},
          {"output_total", known(row.output_total)},
          {"turns", row.turns},
          {"escalated_turns", row.escalated_turns},
          {"discarded_calls", row.discarded_calls},
          {"strong_share_of_spend", row.tiers > 1 ? known(row.strong_share) : json()}};
}

json configs_of(const std::vector<ConfigSummary>& rows) {
  json out = json::array();
  for (const auto& row : rows) out.push_back(config(row));
  return out;
}

json change_of(const ModelChange& c) {
  return {{"model", c.model},
          {"at", format_time(c.at)},
          {"call", c.call},
          {"old_served", c.old_served},
          {"old_fingerprint", c.old_fingerprint},
          {"new_served", c.new_served},
          {"new_fingerprint", c.new_fingerprint},
          {"allowed", c.allowed}};
}

}  // namespace

json json_report(const Comparison& comparison) {
  json parts = json::array();
  for (const auto& part : comparison.parts) parts.push_back(configs_of(part));
  json changes = json::array();
  for (const auto& change : comparison.changes) changes.push_back(change_of(change));
  return {{"run", comparison.run.id},
          {"name", comparison.run.name},
          {"simulated", comparison.run.simulated},
          {"seed", comparison.run.seed},
          {"weir_version", comparison.run.weir_version},
          {"spec_sha256", comparison.run.spec_sha256},
          {"price_book_sha256", comparison.run.price_book_sha256},
          {"price_entries", comparison.price_entries},
          {"tasks", comparison.tasks},
          {"attempts", comparison.attempts},
          {"expected", comparison.expected},
          {"complete", comparison.begun == comparison.expected},
          {"models", comparison.models},
          {"priced_by_request", comparison.priced_by_request},
          {"model_changes", changes},
          {"split", !comparison.parts.empty()},
          {"straddling", comparison.straddling},
          {"parts", parts},
          {"configs", configs_of(comparison.configs)}};
}

}  // namespace weir
