// What a run's calls sum up to, computed once and kept.

#include <bit>
#include <nlohmann/json.hpp>
#include <tuple>

#include "results/store/reader_state.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// What the sums depend on: another string, other sums.
std::string state_of(const SQLite::Database& database, const std::string& run) {
  SQLite::Statement row(
      database,
      "SELECT count(*) || '/' || coalesce(sum(counted_try), 0) || '/' || count(try.outcome) || '/' "
      "|| coalesce(max(try.finished_at), '') || '/' || coalesce((SELECT finished_at FROM run "
      "WHERE id = ?1), '') FROM trial JOIN try ON try.trial = trial.id WHERE trial.run = ?1");
  row.bind(1, run);
  return row.executeStep() ? row.getColumn(0).getString() : std::string();
}

/// From the views, one row per trial.
std::map<std::string, TrialSums> sums_of_trials(const SQLite::Database& database,
                                                const std::string& run) {
  std::map<std::string, TrialSums> trials;
  SQLite::Statement row(database,
                        "SELECT trial, turns, escalated_turns, calls, discarded_calls, "
                        "unpriced_calls, input_total, input_hit, output_total, cost_pusd, "
                        "usd_strong, usd_other_tries FROM v_trial WHERE run = ?");
  row.bind(1, run);
  while (row.executeStep()) {
    TrialSums& sums = trials[row.getColumn(0).getString()];
    sums.turns = read_optional(row.getColumn(1));
    sums.escalated_turns = read_optional(row.getColumn(2));
    sums.calls = read_optional(row.getColumn(3));
    sums.discarded_calls = read_optional(row.getColumn(4));
    sums.unpriced_calls = row.getColumn(5).getInt64();
    sums.input_total = read_optional(row.getColumn(6));
    sums.input_hit = read_optional(row.getColumn(7));
    sums.output_total = read_optional(row.getColumn(8));
    sums.cost_pusd = read_optional(row.getColumn(9));
    sums.usd_strong = read_optional_double(row.getColumn(10));
    sums.usd_other_tries = read_optional_double(row.getColumn(11));
  }
  return trials;
}

/// Costs by arm, served model and length of prompt.
using Contexts = std::map<std::tuple<std::string, std::string, int>, ContextCost>;

void add_context(Contexts& contexts, const BilledCall& call) {
  const std::int64_t input = call.tokens.input_total.value_or(0);
  const int bin = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(input | 1))) - 1;
  ContextCost& context = contexts[{call.config, call.served, bin}];
  context.config = call.config;
  context.model = call.served;
  context.bin = bin;
  if (input == 0 || !call.cost_pusd) return;  // that it served is all that is known
  ++context.calls;
  context.cost_pusd += *call.cost_pusd;
  if (!call.tokens.input_hit) return;  // of hits nothing is known
  context.input_total += input;
  context.input_hit += *call.tokens.input_hit;
}

/// Spends of counted tries call by call, and what other caches would have made them.
void add_spends(RunSums& sums, std::vector<BilledCall> all, const PriceBook& book) {
  std::map<std::string, std::vector<BilledCall>> priced;  // by config
  Contexts contexts;
  for (auto& call : all) {
    if (!call.counted) continue;
    const auto trial = sums.trials.find(call.trial);
    if (trial == sums.trials.end()) continue;  // the canary's
    trial->second.spend.add(call.cost_pusd);
    if (call.accepted) add_context(contexts, call);
    priced[call.config].push_back(std::move(call));
  }
  for (auto& [config, calls] : priced) {
    sums.routes[config] = route_sums(calls, book);
    std::erase_if(calls, [](const BilledCall& call) { return call.replayed; });
    for (const auto& [trial, costs] : cache_costs_by_trial(calls, book)) {
      sums.trials[trial].cold = costs.cold;
      sums.trials[trial].warm = costs.warm;
    }
  }
  for (const auto& [unused, context] : contexts) sums.contexts.push_back(context);
}

/// An imported trial has no calls: its spend is what its source said.
void add_imported(RunSums& sums) {
  for (auto& [unused, trial] : sums.trials) {
    trial.spend.add(trial.cost_pusd);
    trial.cold = trial.warm = Spend{0, 1};  // nobody knows
  }
}

void add_prices(RunSums& sums, const SQLite::Database& database, const std::string& run) {
  SQLite::Statement entry(database,
                          "SELECT DISTINCT price_entry FROM call WHERE trial IN (SELECT id FROM "
                          "trial WHERE run = ?) AND price_entry IS NOT NULL AND price_entry NOT IN "
                          "('refused', 'replay') ORDER BY 1");
  entry.bind(1, run);
  while (entry.executeStep()) sums.price_entries.push_back(entry.getColumn(0).getString());
  SQLite::Statement count(
      database,
      "SELECT count(*) FROM call WHERE trial IN (SELECT id FROM trial WHERE run "
      "= ?) AND notes LIKE '%\"priced_by_request\"%'");
  count.bind(1, run);
  if (count.executeStep()) sums.priced_by_request = count.getColumn(0).getInt64();
}

RunSums compute(const Reader& reader, const SQLite::Database& database, const Run& run) {
  RunSums sums;
  sums.trials = sums_of_trials(database, run.id);
  if (!run.source.empty()) {
    add_imported(sums);
    return sums;
  }
  const PriceBook book =
      PriceBook::parse(reader.price_book(run.price_book_sha256), "the run's price book")
          .viewed(stored_view(run.facts));
  add_spends(sums, reader.billed_calls(run.id), book);
  add_prices(sums, database, run.id);
  return sums;
}

template <typename T>
void bind(SQLite::Statement& statement, int index, const std::optional<T>& value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

void keep_trials(SQLite::Database& database, const RunSums& sums, const std::string& run) {
  SQLite::Statement insert(database,
                           "INSERT OR REPLACE INTO trial_sum VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                           "?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& [trial, s] : sums.trials) {
    insert.bind(1, trial);
    insert.bind(2, run);
    bind(insert, 3, s.turns);
    bind(insert, 4, s.escalated_turns);
    bind(insert, 5, s.calls);
    bind(insert, 6, s.discarded_calls);
    insert.bind(7, s.unpriced_calls);
    bind(insert, 8, s.input_total);
    bind(insert, 9, s.input_hit);
    bind(insert, 10, s.output_total);
    bind(insert, 11, s.cost_pusd);
    bind(insert, 12, s.usd_strong);
    bind(insert, 13, s.usd_other_tries);
    int index = 14;
    for (const Spend& spend : {s.spend, s.cold, s.warm}) {
      insert.bind(index++, spend.known);
      insert.bind(index++, spend.unknown_calls);
    }
    insert.exec();
    insert.reset();
  }
}

void keep(const std::filesystem::path& file, const RunSums& sums, const Run& run,
          const std::string& state) {
  const auto database = open_writable(file);
  database->exec("PRAGMA synchronous = NORMAL");
  SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
  if (state_of(*database, run.id) != state) return;  // it went on meanwhile
  for (const char* table : {"trial_sum", "context_sum", "route_sum", "run_sum"}) {
    SQLite::Statement drop(*database, std::string("DELETE FROM ") + table + " WHERE run = ?");
    drop.bind(1, run.id);
    drop.exec();
  }
  keep_trials(*database, sums, run.id);
  SQLite::Statement context(*database, "INSERT INTO context_sum VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& c : sums.contexts) {
    context.bind(1, run.id);
    context.bind(2, c.config);
    context.bind(3, c.model);
    context.bind(4, c.bin);
    context.bind(5, c.calls);
    context.bind(6, c.cost_pusd);
    context.bind(7, c.input_total);
    context.bind(8, c.input_hit);
    context.exec();
    context.reset();
  }
  SQLite::Statement route(*database, "INSERT INTO route_sum VALUES (?, ?, ?)");
  for (const auto& [config, routes] : sums.routes) {
    route.bind(1, run.id);
    route.bind(2, config);
    route.bind(3, to_json(routes).dump());
    route.exec();
    route.reset();
  }
  SQLite::Statement mark(*database, "INSERT INTO run_sum VALUES (?, ?, ?, ?)");
  mark.bind(1, run.id);
  mark.bind(2, state);
  mark.bind(3, json(sums.price_entries).dump());
  mark.bind(4, sums.priced_by_request);
  mark.exec();
  transaction.commit();
}

RunSums read_kept(const Reader::State& state, const std::string& run, const std::string& entries,
                  std::int64_t by_request) {
  RunSums sums;
  sums.price_entries = json::parse(entries).get<std::vector<std::string>>();
  sums.priced_by_request = by_request;
  auto row = state.prepare("SELECT * FROM trial_sum WHERE run = ?", run);
  while (row.executeStep()) {
    TrialSums& s = sums.trials[row.getColumn(0).getString()];
    s.turns = read_optional(row.getColumn(2));
    s.escalated_turns = read_optional(row.getColumn(3));
    s.calls = read_optional(row.getColumn(4));
    s.discarded_calls = read_optional(row.getColumn(5));
    s.unpriced_calls = row.getColumn(6).getInt64();
    s.input_total = read_optional(row.getColumn(7));
    s.input_hit = read_optional(row.getColumn(8));
    s.output_total = read_optional(row.getColumn(9));
    s.cost_pusd = read_optional(row.getColumn(10));
    s.usd_strong = read_optional_double(row.getColumn(11));
    s.usd_other_tries = read_optional_double(row.getColumn(12));
    int index = 13;
    for (Spend* spend : {&s.spend, &s.cold, &s.warm}) {
      spend->known = row.getColumn(index++).getInt64();
      spend->unknown_calls = row.getColumn(index++).getInt64();
    }
  }
  auto context = state.prepare(
      "SELECT config, model, bin, calls, cost_pusd, input_total, input_hit FROM context_sum "
      "WHERE run = ?",
      run);
  while (context.executeStep()) {
    sums.contexts.push_back({context.getColumn(0).getString(), context.getColumn(1).getString(),
                             context.getColumn(2).getInt(), context.getColumn(3).getInt64(),
                             context.getColumn(4).getInt64(), context.getColumn(5).getInt64(),
                             context.getColumn(6).getInt64()});
  }
  auto route = state.prepare("SELECT config, sums FROM route_sum WHERE run = ?", run);
  while (route.executeStep()) {
    sums.routes[route.getColumn(0).getString()] =
        route_sums_from_json(json::parse(route.getColumn(1).getString()));
  }
  return sums;
}

}  // namespace

RunSums Reader::sums(const Run& run) const {
  const std::string now = state_of(*state_->database, run.id);
  {
    auto kept = state_->prepare(
        "SELECT state, price_entries, priced_by_request FROM run_sum WHERE run = ?", run.id);
    if (kept.executeStep() && kept.getColumn(0).getString() == now) {
      try {
        return read_kept(*state_, run.id, kept.getColumn(1).getString(),
                         kept.getColumn(2).getInt64());
      } catch (const json::exception&) {  // kept by another version: made anew
      }
    }
  }
  RunSums sums = compute(*this, *state_->database, run);
  if (!run.finished_at) return sums;
  try {
    keep(state_->database->getFilename(), sums, run, now);
  } catch (const InfraError&) {  // a file that cannot be written is read as it is
  } catch (const SQLite::Exception&) {
  }
  return sums;
}

}  // namespace weir
