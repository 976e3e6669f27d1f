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

namespace {

/// How a model of the run is priced: as another host or id, where it says so.
struct PricedAs {
  std::string host;
  std::string model;
};

std::map<std::string, PricedAs> priced_as(const std::vector<ConfigRow>& configs) {
  std::map<std::string, PricedAs> models;
  for (const auto& config : configs) {
    const json tiers = json::parse(config.tiers, nullptr, false);
    if (!tiers.is_array()) continue;
    for (const auto& tier : tiers) {
      models[tier.value("name", std::string())] = {tier.value("price_host", std::string()),
                                                   tier.value("price_as", std::string())};
    }
  }
  return models;
}

/// Trial by trial, so that nothing large is sorted: all that a trial's own segments hold, and
/// what its path shares with others'.
const std::string& calls_of_trial() {
  static const std::string sql =
      kPathOfTrial +
      std::string(
          ", mine(segment) AS (SELECT segment FROM step UNION SELECT id FROM segment WHERE trial = "
          "?1) "
          "SELECT segment.try, call.model, "
          "CASE WHEN step.segment IS NOT NULL THEN EXISTS (SELECT 1 FROM step AS way JOIN turn ON "
          "turn.segment = way.segment AND (way.until IS NULL OR turn.turn < way.until) "
          "WHERE turn.turn = call.turn AND turn.accepted_call = call.id) "
          "ELSE EXISTS (SELECT 1 FROM mine JOIN turn ON turn.segment = mine.segment "
          "WHERE turn.turn = call.turn AND turn.accepted_call = call.id) END, "
          "coalesce(call.price_entry = 'refused', 0), call.host, call.served_model, "
          "call.requested_model, call.started_at, call.input_miss, call.input_hit, "
          "call.cache_write, call.output_text, call.output_reasoning, call.input_total, "
          "call.output_total, call.cost_pusd, call.replayed, "
          "coalesce(call.notes LIKE '%\"total_contradicts\"%', 0), "
          "segment.id, call.turn, call.tier, call.sample, call.latency_ms, call.ttft_ms, "
          "step.segment IS NOT NULL AND (step.until IS NULL OR call.turn < step.until) AS on_path, "
          "call.trial <> ?1 AS shared, segment.step <> '' "
          "FROM mine JOIN segment ON segment.id = mine.segment "
          "JOIN call ON call.segment = segment.id LEFT JOIN step ON step.segment = segment.id "
          "WHERE on_path OR NOT shared "
          "ORDER BY segment.rowid, call.turn, call.tier, call.sample, call.retry");
  return sql;
}

BilledCall read_billed_call(SQLite::Statement& row, const std::map<std::string, PricedAs>& models) {
  BilledCall call;
  call.try_number = row.getColumn(0).getInt();
  call.model = row.getColumn(1).getString();
  call.accepted = row.getColumn(2).getInt() != 0;
  call.free = row.getColumn(3).getInt() != 0;
  call.served = row.getColumn(5).getString();
  call.key = {row.getColumn(4).getString(), call.served, row.getColumn(6).getString()};
  const auto as = models.find(call.model);
  if (as != models.end() && !as->second.host.empty()) call.key.host = as->second.host;
  if (as != models.end() && !as->second.model.empty()) call.key.served_model = as->second.model;
  call.at = read_optional_time(row.getColumn(7)).value_or(TimePoint{});
  call.tokens = {read_optional(row.getColumn(8)),  read_optional(row.getColumn(9)),
                 read_optional(row.getColumn(10)), read_optional(row.getColumn(11)),
                 read_optional(row.getColumn(12)), read_optional(row.getColumn(13)),
                 read_optional(row.getColumn(14))};
  call.cost_pusd = read_optional(row.getColumn(15));
  call.replayed = row.getColumn(16).getInt() != 0;
  call.unknowable = row.getColumn(17).getInt() != 0;
  call.segment = restarts_before(row.getColumn(18).getString());
  call.turn = row.getColumn(19).getInt();
  call.tier = row.getColumn(20).getInt();
  call.sample = row.getColumn(21).getInt();
  call.latency_ms = read_optional(row.getColumn(22));
  call.ttft_ms = read_optional(row.getColumn(23));
  call.counted = row.getColumn(24).getInt() != 0;
  call.shared = row.getColumn(25).getInt() != 0;
  call.of_step = row.getColumn(26).getInt() != 0;
  return call;
}

}  // namespace

std::vector<BilledCall> Reader::billed_calls(const std::string& run) const {
  const auto models = priced_as(configs(run));
  std::vector<BilledCall> calls;
  auto trial = state_->prepare(
      "SELECT id, CASE WHEN slot < 0 THEN '@canary' ELSE config END, task FROM trial "
      "WHERE run = ? ORDER BY id",
      run);
  auto row = state_->prepare(calls_of_trial());
  while (trial.executeStep()) {
    row.reset();
    row.bind(1, trial.getColumn(0).getString());
    while (row.executeStep()) {
      BilledCall call = read_billed_call(row, models);
      call.trial = trial.getColumn(0).getString();
      call.config = trial.getColumn(1).getString();
      call.task = trial.getColumn(2).getString();
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

}  // namespace weir
