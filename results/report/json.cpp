#include <nlohmann/json.hpp>

#include "results/report/report.hpp"

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

json per_trial(const Spend& spend, int trials) {
  if (!spend.whole() || trials == 0) return {};
  return static_cast<double>(*spend.whole()) / 1e12 / trials;
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
          {"turns", known(row.turns)},
          {"escalated_turns", known(row.escalated_turns)},
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

json interval(const std::optional<Interval>& i) {
  return i ? json{i->low, i->high} : json();
}

json measured(const MeasuredDifference& m) {
  return {{"base", known(m.base)},
          {"fresh", known(m.fresh)},
          {"difference", known(m.diff)},
          {"interval", interval(m.interval)}};
}

json flip_of(const Flip& flip) {
  return {{"task", flip.task},
          {"gained", flip.gained},
          {"base_resolved", flip.base_resolved},
          {"base_trials", flip.base_trials},
          {"fresh_resolved", flip.fresh_resolved},
          {"fresh_trials", flip.fresh_trials},
          {"base_trial", flip.base_trial},
          {"fresh_trial", flip.fresh_trial},
          {"turn", known(flip.turn)}};
}

json differences_of(const std::vector<ArmDifference>& differences) {
  json list = json::array();
  for (const auto& d : differences) {
    list.push_back(
        {{"what", d.what}, {"base", d.base}, {"fresh", d.fresh}, {"forbids_gate", d.forbids_gate}});
  }
  return list;
}

struct Raw {
  json operator()(std::monostate) const { return {}; }
  json operator()(const Interval& i) const { return {i.low, i.high}; }
  json operator()(const Estimate& e) const {
    return {{"value", e.value}, {"low", e.interval.low}, {"high", e.interval.high}};
  }
  template <typename T>
  json operator()(const T& value) const {
    return value;
  }
};

json table_of(const Table& table) {
  json rows = json::array();
  for (const auto& row : table.rows) {
    json object = json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      object[table.columns[i].key] = std::visit(Raw{}, row[i].value);
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

}  // namespace

json json_of(const PairedComparison& pair) {
  json flips = json::array();
  for (const auto& flip : pair.flips) flips.push_back(flip_of(flip));
  return {{"base", pair.base},
          {"fresh", pair.fresh},
          {"simulated", pair.simulated},
          {"tasks", pair.tasks},
          {"left_out", pair.left_out},
          {"quarantined", pair.quarantined},
          {"base_rate", pair.base_rate},
          {"fresh_rate", pair.fresh_rate},
          {"base_only", pair.base_only},
          {"fresh_only", pair.fresh_only},
          {"difference", pair.diff},
          {"interval", interval(pair.interval)},
          {"interval_method", pair.interval_method},
          {"level", pair.level},
          {"p", pair.p},
          {"p_method", pair.p_method},
          {"minimum_detectable", known(pair.minimum_detectable)},
          {"usd_per_trial", measured(pair.usd)},
          {"turns_per_trial", measured(pair.turns)},
          {"tokens_per_trial", measured(pair.tokens)},
          {"model_seconds_per_trial", measured(pair.model_seconds)},
          {"box_seconds_per_trial", measured(pair.box_seconds)},
          {"cost_ratio", known(pair.cost_ratio)},
          {"cost_ratio_interval", interval(pair.cost_ratio_interval)},
          {"usd_per_resolved",
           {{"base", known(pair.usd_per_resolved_base)},
            {"fresh", known(pair.usd_per_resolved_fresh)},
            {"interval", interval(pair.usd_per_resolved_diff)}}},
          {"missing",
           {{"base", pair.missing.base},
            {"fresh", pair.missing.fresh},
            {"p", pair.missing.p},
            {"worst", interval(pair.missing.worst)}}},
          {"flips", flips},
          {"differences", differences_of(pair.differences)}};
}

json json_of(const GateResult& gate) {
  return {{"base", gate.base},
          {"fresh", gate.fresh},
          {"verdict", name_of(gate.verdict)},
          {"tasks", gate.tasks},
          {"difference", gate.diff},
          {"lower", gate.lower},
          {"upper", gate.upper},
          {"method", gate.method},
          {"reason", gate.reason},
          {"left_out", gate.left_out},
          {"quarantined", gate.quarantined},
          {"missing",
           {{"base", gate.missing.base},
            {"fresh", gate.missing.fresh},
            {"p", gate.missing.p},
            {"worst", interval(gate.missing.worst)}}},
          {"differences", differences_of(gate.differences)},
          {"tasks_needed", known(gate.tasks_needed)},
          {"with_flaky", known(gate.with_flaky)},
          {"nights", gate.watched ? json(gate.nights) : json()},
          {"evidence", gate.watched ? json(gate.evidence) : json()},
          {"enough_evidence", gate.watched ? json(gate.enough) : json()}};
}

json json_of(const Document& document) {
  json sections = json::object();
  for (const auto& section : document.sections) {
    json tables = json::array();
    for (const auto& table : section.tables) tables.push_back(table_of(table));
    sections[section.name] = {
        {"heading", section.heading}, {"tables", tables}, {"notes", section.notes}};
  }
  return {{"title", full_title(document)},
          {"simulated", document.simulated},
          {"notices", document.notices},
          {"sections", sections},
          {"footer", document.footer}};
}

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
