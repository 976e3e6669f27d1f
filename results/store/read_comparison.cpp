// The comparison of a run, and the calls its costs are made of.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "results/cache_costs.hpp"
#include "results/store/reader_state.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string models_of(const ConfigRow& config) {
  std::string line;
  const auto tiers = json::parse(config.tiers, nullptr, false);
  if (!tiers.is_array()) return line;
  for (const auto& tier : tiers) {
    line += (line.empty() ? "" : " -> ") + tier.value("name", std::string("?"));
  }
  return line.empty() ? config.agent : line;
}

int tier_count(const ConfigRow& config) {
  const auto tiers = json::parse(config.tiers, nullptr, false);
  return tiers.is_array() ? std::max(1, static_cast<int>(tiers.size())) : 1;
}

/// Trials that have no row yet are missing data like any other.
void add_unbegun(std::vector<TrialSummary>& trials, const std::vector<std::string>& tasks,
                 const std::vector<std::string>& configs, int attempts) {
  std::set<std::tuple<std::string, std::string, int>> begun;
  for (const auto& trial : trials) begun.emplace(trial.task, trial.config, trial.attempt);
  for (const auto& task : tasks) {
    for (const auto& config : configs) {
      for (int attempt = 1; attempt <= attempts; ++attempt) {
        if (begun.count({task, config, attempt}) != 0) continue;
        TrialSummary unbegun;
        unbegun.task = task;
        unbegun.config = config;
        unbegun.attempt = attempt;
        unbegun.input_total = unbegun.input_hit = unbegun.output_total = 0;
        unbegun.cost_pusd = 0;
        unbegun.usd_strong = unbegun.usd_other_tries = 0;
        trials.push_back(unbegun);
      }
    }
  }
}

/// How the run read its price book, as it stored it.
PriceView stored_view(const std::string& facts) {
  PriceView view;
  const json parsed = json::parse(facts, nullptr, false);
  const json stored = parsed.is_object() ? parsed.value("price_view", json::object()) : json();
  if (!stored.is_object()) return view;
  view.scenario = stored.value("scenario", std::string());
  view.at = parse_time(stored.value("at", std::string()));
  return view;
}

/// The trials of a table: those of the headline, and all.
struct Ids {
  std::set<std::string> headline;
  std::set<std::string> all;
};

/// What the row's trials spent, call by call, and would have under other caches.
void add_cache_costs(ConfigSummary& row, const std::vector<BilledCall>& all, const Ids& trials,
                     const PriceBook& book) {
  std::vector<BilledCall> calls;
  std::copy_if(all.begin(), all.end(), std::back_inserter(calls), [&](const BilledCall& call) {
    return call.config == row.config && call.counted && !call.replayed &&
           trials.headline.count(call.trial) != 0;
  });
  row.spend = row.headline_spend = {};  // call by call, where trials know only all or nothing
  for (const auto& call : all) {
    if (call.config != row.config || !call.counted) continue;
    if (trials.all.count(call.trial) != 0) row.spend.add(call.cost_pusd);
    if (trials.headline.count(call.trial) != 0) row.headline_spend.add(call.cost_pusd);
  }
  const CacheCosts costs = cache_costs(calls, book);
  row.headline_cold = costs.cold;
  row.headline_warm = costs.warm;
}

/// The lines of a table over some of a run's trials.
std::vector<ConfigSummary> lines(const std::vector<std::string>& order,
                                 const std::vector<ConfigRow>& configs,
                                 const std::vector<TrialSummary>& trials,
                                 const std::vector<BilledCall>& calls, const PriceBook& book) {
  Ids ids;
  for (const auto& trial : trials) {
    ids.all.insert(trial.trial);
    if (!is_missing(trial.outcome)) ids.headline.insert(trial.trial);
  }
  std::vector<ConfigSummary> rows;
  for (const auto& name : order) {
    const auto found = std::find_if(configs.begin(), configs.end(),
                                    [&](const ConfigRow& row) { return row.config == name; });
    if (found == configs.end()) continue;
    ConfigSummary summary = summarize(name, trials);
    summary.tiers = tier_count(*found);
    add_cache_costs(summary, calls, ids, book);
    rows.push_back(std::move(summary));
  }
  return rows;
}

}  // namespace

std::vector<ModelChange> Reader::model_changes(const std::string& run, bool allowed_too) const {
  std::vector<ModelChange> changes;
  auto row = state_->prepare(
      "SELECT model, call, at, old_served, old_fingerprint, new_served, new_fingerprint, allowed "
      "FROM model_change WHERE run = ? ORDER BY at",
      run);
  while (row.executeStep()) {
    if (row.getColumn(7).getInt() != 0 && !allowed_too) continue;
    changes.push_back({run, row.getColumn(0).getString(), row.getColumn(1).getString(),
                       read_optional_time(row.getColumn(2)).value_or(TimePoint{}),
                       row.getColumn(3).getString(), row.getColumn(4).getString(),
                       row.getColumn(5).getString(), row.getColumn(6).getString(),
                       row.getColumn(7).getInt() != 0});
  }
  return changes;
}

std::vector<BilledCall> Reader::billed_calls(const std::string& run) const {
  std::map<std::string, json> models;  // records by name
  for (const auto& config : configs(run)) {
    const json tiers = json::parse(config.tiers, nullptr, false);
    if (!tiers.is_array()) continue;
    for (const auto& tier : tiers) models[tier.value("name", std::string())] = tier;
  }
  std::vector<BilledCall> calls;
  auto row = state_->prepare(
      "SELECT call.trial, CASE WHEN trial.slot < 0 THEN '@canary' ELSE trial.config END, "
      "segment.try, segment.try = trial.counted_try, call.model, "
      "coalesce(turn.accepted_call = call.id, 0), coalesce(call.price_entry = 'refused', 0), "
      "call.host, call.served_model, call.requested_model, call.started_at, call.input_miss, "
      "call.input_hit, call.cache_write, call.output_text, call.output_reasoning, "
      "call.input_total, call.output_total, call.cost_pusd, call.replayed, trial.task, "
      "coalesce(call.notes LIKE '%\"total_contradicts\"%', 0) "
      "FROM call JOIN trial ON trial.id = call.trial JOIN segment ON segment.id = call.segment "
      "LEFT JOIN turn ON turn.segment = call.segment AND turn.turn = call.turn "
      "WHERE trial.run = ? "
      "ORDER BY call.trial, segment.rowid, call.turn, call.tier, call.sample, call.retry",
      run);
  while (row.executeStep()) {
    BilledCall call;
    call.trial = row.getColumn(0).getString();
    call.config = row.getColumn(1).getString();
    call.try_number = row.getColumn(2).getInt();
    call.counted = row.getColumn(3).getInt() != 0;
    call.model = row.getColumn(4).getString();
    call.accepted = row.getColumn(5).getInt() != 0;
    call.free = row.getColumn(6).getInt() != 0;
    call.replayed = row.getColumn(19).getInt() != 0;
    call.task = row.getColumn(20).getString();
    call.unknowable = row.getColumn(21).getInt() != 0;
    const auto record = models.find(call.model);
    const json model = record == models.end() ? json(json::object()) : record->second;
    const std::string host = model.value("price_host", std::string());
    const std::string as = model.value("price_as", std::string());
    call.key = {host.empty() ? row.getColumn(7).getString() : host,
                as.empty() ? row.getColumn(8).getString() : as, row.getColumn(9).getString()};
    call.at = read_optional_time(row.getColumn(10)).value_or(TimePoint{});
    call.tokens = {read_optional(row.getColumn(11)), read_optional(row.getColumn(12)),
                   read_optional(row.getColumn(13)), read_optional(row.getColumn(14)),
                   read_optional(row.getColumn(15)), read_optional(row.getColumn(16)),
                   read_optional(row.getColumn(17))};
    call.cost_pusd = read_optional(row.getColumn(18));
    calls.push_back(std::move(call));
  }
  return calls;
}

Comparison Reader::compare(const std::string& run) const {
  Comparison comparison;
  comparison.run = find_run(run);
  const std::string& id = comparison.run.id;
  auto all = trials(id);
  const auto spec = json::parse(comparison.run.spec, nullptr, false);
  const auto rows = configs(id);
  for (const auto& row : rows) comparison.models[row.config] = models_of(row);
  std::vector<std::string> order;
  if (spec.is_object()) order = spec.value("configs", std::vector<std::string>{});
  if (spec.is_object()) comparison.attempts = spec.value("attempts", 0);
  comparison.begun = static_cast<int>(all.size());
  std::vector<std::string> task_ids;
  auto tasks = state_->prepare("SELECT task FROM task WHERE run = ?", id);
  while (tasks.executeStep()) task_ids.push_back(tasks.getColumn(0).getString());
  comparison.tasks = static_cast<int>(task_ids.size());
  comparison.changes = model_changes(id, true);
  const PriceBook book = PriceBook::parse(price_book(comparison.run.price_book_sha256),
                                          "the run's price book")
                             .viewed(stored_view(comparison.run.facts));
  const auto calls = billed_calls(id);
  const std::size_t splits = model_changes(id, false).size();
  if (splits > 0) {  // two models under one name are not pooled
    std::map<std::string, std::optional<std::int64_t>> part_of;
    auto part = state_->prepare("SELECT trial, part FROM v_part WHERE run = ?", id);
    while (part.executeStep()) {
      part_of[part.getColumn(0).getString()] = read_optional(part.getColumn(1));
    }
    for (std::size_t number = 1; number <= splits + 1; ++number) {
      std::vector<TrialSummary> own;
      std::copy_if(all.begin(), all.end(), std::back_inserter(own), [&](const auto& trial) {
        return part_of[trial.trial] == static_cast<std::int64_t>(number);
      });
      if (!own.empty()) comparison.parts.push_back(lines(order, rows, own, calls, book));
    }
    comparison.straddling = static_cast<int>(std::count_if(
        all.begin(), all.end(), [&](const auto& trial) { return !part_of[trial.trial]; }));
  }
  add_unbegun(all, task_ids, order, comparison.attempts);
  comparison.expected = static_cast<int>(all.size());
  comparison.missing = static_cast<int>(std::count_if(
      all.begin(), all.end(), [](const auto& trial) { return is_missing(trial.outcome); }));
  if (splits == 0) comparison.configs = lines(order, rows, all, calls, book);
  auto entries = state_->prepare(
      "SELECT DISTINCT price_entry FROM v_call WHERE run = ? AND price_entry IS NOT NULL "
      "AND price_entry NOT IN ('refused', 'replay') ORDER BY 1",
      id);
  auto by_request = state_->prepare(
      "SELECT count(*) FROM v_call WHERE run = ? AND notes LIKE '%\"priced_by_request\"%'", id);
  if (by_request.executeStep()) comparison.priced_by_request = by_request.getColumn(0).getInt64();
  while (entries.executeStep()) {
    comparison.price_entries.push_back(entries.getColumn(0).getString());
  }
  return comparison;
}

}  // namespace weir
