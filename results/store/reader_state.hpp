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

/// How the run read its price book, as its facts say.
[[nodiscard]] PriceView stored_view(const std::string& facts);

/// Trials that have no row yet are missing data like any other.
void add_unbegun(std::vector<TrialSummary>& trials, const std::vector<std::string>& tasks,
                 const std::vector<std::string>& configs, int attempts);

}  // namespace weir
