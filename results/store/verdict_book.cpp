#include "results/store/verdict_book.hpp"

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "results/store/database.hpp"
#include "results/store/text_column.hpp"
#include "tasks/error.hpp"

namespace weir {

using nlohmann::json;

struct VerdictBook::State {
  std::filesystem::path file;
  std::mutex mutex;
  std::unique_ptr<SQLite::Database> database;
};

VerdictBook::VerdictBook(const std::filesystem::path& database)
    : state_(std::make_unique<State>()) {
  state_->file = database;
  state_->database = open_writable(database);
}

VerdictBook::~VerdictBook() = default;

std::optional<KnownVerdict> VerdictBook::find(const std::string& key) const {
  const std::lock_guard lock(state_->mutex);
  SQLite::Statement row(*state_->database,
                        "SELECT outcome, message, anomalies, report, test_log_z, evidence_z, "
                        "applied, at FROM verdict WHERE key = ?");
  row.bind(1, key);
  if (!row.executeStep()) return {};
  KnownVerdict verdict;
  const auto outcome = outcome_named(row.getColumn(0).getString());
  if (!outcome) return {};
  verdict.outcome = *outcome;
  verdict.message = row.getColumn(1).getString();
  verdict.anomalies = json::parse(row.getColumn(2).getString()).get<std::vector<std::string>>();
  verdict.report = row.getColumn(3).getString();
  verdict.test_log = read_text_column(row.getColumn(4));
  verdict.evidence = read_text_column(row.getColumn(5));
  verdict.applied = row.getColumn(6).getInt() != 0;
  verdict.at = parse_time(row.getColumn(7).getString()).value_or(TimePoint{});
  return verdict;
}

void VerdictBook::keep(const std::string& key, const KnownVerdict& verdict) {
  const std::lock_guard lock(state_->mutex);
  try {
    SQLite::Statement insert(*state_->database,
                             "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, key);
    insert.bind(2, std::string(name_of(verdict.outcome)));
    insert.bind(3, verdict.message);
    insert.bind(4, json(verdict.anomalies).dump(-1, ' ', false, json::error_handler_t::replace));
    insert.bind(5, verdict.report);
    bind_text_column(insert, 6, verdict.test_log);
    bind_text_column(insert, 7, verdict.evidence);
    insert.bind(8, verdict.applied ? 1 : 0);
    insert.bind(9, format_time(verdict.at));
    insert.exec();
  } catch (const SQLite::Exception& error) {
    throw InfraError(fmt::format("{}: cannot be written: {}", state_->file.string(), error.what()));
  }
}

}  // namespace weir
