#include "results/store/baseline_book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "results/store/database.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

GateVerdict verdict_named(const std::string& name) {
  for (const auto verdict : {GateVerdict::passed, GateVerdict::regression}) {
    if (name == name_of(verdict)) return verdict;
  }
  return GateVerdict::inconclusive;
}

}  // namespace

struct BaselineBook::State {
  std::filesystem::path file;
  std::unique_ptr<SQLite::Database> database;
};

BaselineBook::BaselineBook(const std::filesystem::path& file, Access access)
    : state_(std::make_unique<State>()) {
  state_->file = file;
  state_->database = access == Access::write ? open_writable(file) : open_readonly(file);
}

BaselineBook::~BaselineBook() = default;

void BaselineBook::pin(const Baseline& baseline) {
  SQLite::Database& database = *state_->database;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (const char* sql :
       {"DELETE FROM gate_look WHERE baseline = ?", "DELETE FROM baseline_run WHERE baseline = ?",
        "DELETE FROM baseline WHERE name = ?"}) {
    SQLite::Statement drop(database, sql);
    drop.bind(1, baseline.name);
    drop.exec();
  }
  SQLite::Statement insert(database, "INSERT INTO baseline VALUES (?, ?, ?, ?, ?)");
  insert.bind(1, baseline.name);
  insert.bind(2, format_time(baseline.pinned_at));
  insert.bind(3, baseline.rules.margin);
  insert.bind(4, baseline.rules.alpha);
  insert.bind(5, baseline.weir_version);
  insert.exec();
  for (const auto& run : baseline.runs) {
    SQLite::Statement each(database, "INSERT INTO baseline_run VALUES (?, ?)");
    each.bind(1, baseline.name);
    each.bind(2, run);
    each.exec();
  }
  transaction.commit();
}

std::vector<Baseline> BaselineBook::all() const {
  std::vector<Baseline> baselines;
  SQLite::Statement row(*state_->database,
                        "SELECT name, pinned_at, margin, alpha, weir_version FROM baseline "
                        "ORDER BY pinned_at, name");
  while (row.executeStep()) {
    Baseline baseline;
    baseline.name = row.getColumn(0).getString();
    baseline.pinned_at = read_optional_time(row.getColumn(1)).value_or(TimePoint{});
    baseline.rules = {row.getColumn(2).getDouble(), row.getColumn(3).getDouble()};
    baseline.weir_version = row.getColumn(4).getString();
    SQLite::Statement run(*state_->database,
                          "SELECT run FROM baseline_run WHERE baseline = ? ORDER BY run");
    run.bind(1, baseline.name);
    while (run.executeStep()) baseline.runs.push_back(run.getColumn(0).getString());
    baselines.push_back(std::move(baseline));
  }
  return baselines;
}

Baseline BaselineBook::find(const std::string& name) const {
  std::vector<std::string> names;
  for (auto& baseline : all()) {
    if (baseline.name == name) return baseline;
    names.push_back(baseline.name);
  }
  throw UserError(fmt::format("no baseline \"{}\"{}; `weir baseline pin RUN --name {}` pins one",
                              name, did_you_mean(name, names), name));
}

std::vector<GateLook> BaselineBook::looks(const std::string& baseline, const std::string& suite,
                                          const std::string& config) const {
  std::vector<GateLook> found;
  SQLite::Statement row(*state_->database,
                        "SELECT run, at, tasks, diff, squares, night_unit, anchor_unit, "
                        "log_evidence, verdict FROM gate_look WHERE baseline = ? AND suite = ? AND "
                        "config = ? ORDER BY at, run");
  row.bind(1, baseline);
  row.bind(2, suite);
  row.bind(3, config);
  while (row.executeStep()) {
    found.push_back(
        {baseline,
         suite,
         config,
         row.getColumn(0).getString(),
         read_optional_time(row.getColumn(1)).value_or(TimePoint{}),
         {row.getColumn(2).getInt(), row.getColumn(3).getDouble(), row.getColumn(4).getDouble(),
          row.getColumn(5).getDouble(), row.getColumn(6).getDouble()},
         row.getColumn(7).getDouble(),
         verdict_named(row.getColumn(8).getString())});
  }
  return found;
}

void BaselineBook::enter(const GateLook& look) {
  SQLite::Statement insert(*state_->database,
                           "INSERT OR REPLACE INTO gate_look VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                           "?, ?)");
  insert.bind(1, look.baseline);
  insert.bind(2, look.suite);
  insert.bind(3, look.config);
  insert.bind(4, look.run);
  insert.bind(5, format_time(look.at));
  insert.bind(6, look.look.tasks);
  insert.bind(7, look.look.diff);
  insert.bind(8, look.look.squares);
  insert.bind(9, look.look.night_unit);
  insert.bind(10, look.look.anchor_unit);
  insert.bind(11, look.log_evidence);
  insert.bind(12, std::string(name_of(look.verdict)));
  insert.exec();
}

}  // namespace weir
