#pragma once

#include <memory>
#include <string>

#include "results/store/database.hpp"
#include "results/store/reader.hpp"

namespace weir {

// Internal to results/store: what the reader's sources share.

struct Reader::State {
  std::unique_ptr<SQLite::Database> database;

  SQLite::Statement prepare(const std::string& sql) const { return {*database, sql}; }
  SQLite::Statement prepare(const std::string& sql, const std::string& id) const {
    SQLite::Statement statement(*database, sql);
    statement.bind(1, id);
    return statement;
  }
};

/// `step(segment, until)`: the path of the counted try of trial ?1, as the view `path` has it.
inline constexpr const char* kPathOfTrial =
    "WITH RECURSIVE step(segment, until) AS ("
    "SELECT coalesce(try.leaf, (SELECT last.id FROM segment AS last WHERE last.trial = trial.id "
    "AND last.try = trial.counted_try AND last.aside = 0 ORDER BY last.rowid DESC LIMIT 1)), NULL "
    "FROM trial JOIN try ON try.trial = trial.id AND try.try = trial.counted_try "
    "WHERE trial.id = ?1 "
    "UNION ALL SELECT child.parent, min(coalesce(step.until, child.fork_turn), child.fork_turn) "
    "FROM step JOIN segment AS child ON child.id = step.segment WHERE child.parent IS NOT NULL) ";

/// How the run read its price book, as its facts say.
[[nodiscard]] PriceView stored_view(const std::string& facts);

/// Trials that have no row yet are missing data like any other. `spec`: the run's, as JSON text.
void add_unbegun(std::vector<TrialSummary>& trials, const std::vector<std::string>& tasks,
                 const std::vector<std::string>& configs, const std::string& spec);

}  // namespace weir
