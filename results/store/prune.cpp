#include <fmt/format.h>

#include <chrono>

#include "results/store/artifacts_folder.hpp"
#include "results/store/database.hpp"
#include "results/store/merge.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTrials = "(SELECT id FROM trial WHERE run = ?1)";
constexpr const char* kSegments =
    "(SELECT segment.id FROM segment JOIN trial ON trial.id = segment.trial WHERE trial.run = ?1)";

void each(SQLite::Database& database, const std::string& run,
          const std::vector<std::string>& sqls) {
  for (const auto& sql : sqls) {
    SQLite::Statement statement(database, sql);
    statement.bind(1, run);
    statement.exec();
  }
}

/// Everything that is prose; all numbers stay.
void drop_texts(SQLite::Database& database, const std::string& run, const std::string& now) {
  each(database, run,
       {fmt::format("UPDATE call SET response_z = NULL WHERE trial IN {}", kTrials),
        fmt::format("UPDATE segment SET prompt_z = NULL WHERE trial IN {}", kTrials),
        fmt::format("UPDATE turn SET observation_z = NULL, discarded_z = NULL WHERE segment IN {}",
                    kSegments),
        fmt::format("UPDATE try SET evidence_z = NULL WHERE trial IN {}", kTrials),
        fmt::format("UPDATE artifact SET path = NULL, note = 'pruned' WHERE trial IN {}", kTrials),
        fmt::format("UPDATE run SET pruned_at = '{}' WHERE id = ?1", now)});
}

void drop_run(SQLite::Database& database, const std::string& run) {
  each(database, run,
       {fmt::format("DELETE FROM signal WHERE segment IN {}", kSegments),
        fmt::format("DELETE FROM decision WHERE segment IN {}", kSegments),
        fmt::format("DELETE FROM turn WHERE segment IN {}", kSegments),
        fmt::format("DELETE FROM fork WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM call WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM segment WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM reward WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM audit WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM artifact WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM imported WHERE trial IN {}", kTrials),
        fmt::format("DELETE FROM try WHERE trial IN {}", kTrials),
        "DELETE FROM trial WHERE run = ?1",
        "DELETE FROM task WHERE run = ?1",
        "DELETE FROM config WHERE run = ?1",
        "DELETE FROM model_change WHERE run = ?1",
        "DELETE FROM run_sum WHERE run = ?1",
        "DELETE FROM trial_sum WHERE run = ?1",
        "DELETE FROM context_sum WHERE run = ?1",
        "DELETE FROM route_sum WHERE run = ?1",
        "DELETE FROM run WHERE id = ?1"});
}

std::uintmax_t size_of(const fs::path& file) {
  std::error_code ignored;
  const auto size = fs::file_size(file, ignored);
  return ignored ? 0 : size;
}

}  // namespace

PruneResult prune(const fs::path& file, const PruneOptions& options) {
  const Reader reader(file);
  PruneResult result;
  result.bytes_before = result.bytes_after = size_of(file);
  const auto database = open_writable(file);
  const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  const auto before = now - std::chrono::hours(24) * options.older_than_days;
  SQLite::Statement row(
      *database, fmt::format("SELECT id, EXISTS (SELECT 1 FROM baseline_run WHERE run = run.id) "
                             "FROM run WHERE finished_at IS NOT NULL AND finished_at <= ? {} "
                             "ORDER BY finished_at",
                             options.runs ? "" : "AND pruned_at IS NULL"));
  row.bind(1, format_time(before));
  while (row.executeStep()) {
    (row.getColumn(1).getInt() != 0 ? result.kept : result.runs)
        .push_back(row.getColumn(0).getString());
  }
  row.reset();
  if (options.dry_run || result.runs.empty()) return result;
  for (const auto& run : result.runs) {
    (void)reader.sums(reader.find_run(run));  // kept before their calls' texts go
    SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
    if (options.runs) {
      drop_run(*database, run);
    } else {
      drop_texts(*database, run, format_time(now));
    }
    transaction.commit();
    std::error_code ignored;
    fs::remove_all(artifacts_folder(file, run), ignored);
  }
  database->exec("VACUUM");
  database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
  result.bytes_after = size_of(file);
  return result;
}

}  // namespace weir
