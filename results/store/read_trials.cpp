// The trials of a run with their sums, and the calls those are made of.

#include <nlohmann/json.hpp>

#include "results/store/reader_state.hpp"

namespace weir {
namespace {

using nlohmann::json;

}  // namespace

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

std::vector<TrialSummary> Reader::trials(const std::string& run) const {
  const RunSums sums = this->sums(find_run(run));
  std::vector<TrialSummary> trials;
  auto row = state_->prepare(
      "SELECT trial.id, trial.suite, trial.task, trial.config, trial.attempt, try.try, "
      "coalesce(try.outcome, 'not_run'), coalesce(try.stop_reason, ''), "
      "coalesce(try.error_class, ''), trial.slot, coalesce(task.difficulty, ''), "
      "coalesce(task.sha256, ''), coalesce(try.environment_sha256, ''), try.wall_ms, try.model_ms, "
      "try.box_ms FROM trial JOIN try ON try.trial = trial.id AND try.try = trial.counted_try "
      "LEFT JOIN task ON task.run = trial.run AND task.task = trial.task "
      "WHERE trial.run = ? AND trial.slot >= 0 ORDER BY trial.slot",
      run);
  while (row.executeStep()) {
    TrialSummary trial;
    trial.trial = row.getColumn(0).getString();
    const auto own = sums.trials.find(trial.trial);
    if (own != sums.trials.end()) static_cast<TrialSums&>(trial) = own->second;
    trial.suite = row.getColumn(1).getString();
    trial.task = row.getColumn(2).getString();
    trial.config = row.getColumn(3).getString();
    trial.attempt = row.getColumn(4).getInt();
    trial.try_number = row.getColumn(5).getInt();
    trial.outcome = outcome_named(row.getColumn(6).getString()).value_or(Outcome::not_run);
    trial.stop_reason = row.getColumn(7).getString();
    trial.error_class = row.getColumn(8).getString();
    trial.slot = row.getColumn(9).getInt();
    trial.difficulty = row.getColumn(10).getString();
    trial.task_sha256 = row.getColumn(11).getString();
    trial.environment_sha256 = row.getColumn(12).getString();
    trial.wall_ms = read_optional(row.getColumn(13));
    trial.model_ms = read_optional(row.getColumn(14));
    trial.box_ms = read_optional(row.getColumn(15));
    trials.push_back(std::move(trial));
  }
  return trials;
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
    call.served = row.getColumn(8).getString();
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

}  // namespace weir
