#include "results/store/merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "results/store/database.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// A table with what names a row in it.
struct TableKey {
  const char* name;
  const char* key;  ///< columns, comma separated
};

/// Parents first. Sums are a cache and made anew.
constexpr TableKey kTables[] = {
    {"price_book", "sha256"},
    {"run", "id"},
    {"config", "run, config"},
    {"task", "run, task"},
    {"trial", "id"},
    {"try", "trial, try"},
    {"reward", "trial, try, step, key"},
    {"audit", "trial, try, number"},
    {"artifact", "trial, try, number"},
    {"segment", "id"},
    {"turn", "segment, turn"},
    {"fork", "id"},
    {"call", "id"},
    {"signal", "segment, turn, call, name"},
    {"decision", "segment, turn, call, phase"},
    {"model_change", "run, call"},
    {"imported", "trial"},
    {"search", "data, request"},
};

std::vector<std::string> columns_of(SQLite::Database& database, const std::string& table) {
  std::vector<std::string> columns;
  SQLite::Statement row(database, "SELECT name FROM pragma_table_info(?)");
  row.bind(1, table);
  while (row.executeStep()) columns.push_back(row.getColumn(0).getString());
  return columns;
}

std::string joined(const std::vector<std::string>& columns) {
  std::string all;
  for (const auto& column : columns) all += (all.empty() ? "" : ", ") + ("\"" + column + "\"");
  return all;
}

/// A shard attached as `shard` for the lifetime of this.
class Attached {
 public:
  Attached(SQLite::Database& database, const fs::path& file) : database_(database) {
    SQLite::Statement attach(database, "ATTACH ? AS shard");
    attach.bind(1, fs::absolute(file).string());
    attach.exec();
  }
  ~Attached() {
    try {
      database_.exec("DETACH shard");
    } catch (const SQLite::Exception&) {  // the connection closes soon
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  SQLite::Database& database_;
};

std::int64_t count(SQLite::Database& database, const std::string& sql) {
  return database.execAndGet(sql).getInt64();
}

std::vector<std::string> split_keys(std::string_view keys) {
  std::vector<std::string> all(1);
  for (const char c : keys) {
    if (c == ',') {
      all.emplace_back();
    } else if (c != ' ') {
      all.back() += c;
    }
  }
  return all;
}

[[noreturn]] void refuse(SQLite::Statement& row, const TableKey& table, const fs::path& shard) {
  std::string id;
  for (int i = 0; i < row.getColumnCount(); ++i) {
    id += (i == 0 ? "" : ", ") + row.getColumn(i).getString();
  }
  throw UserError(fmt::format(
      "{}: holds another {} {} than the merged database; nothing of this file was taken. Two "
      "different "
      "rows under one id are never merged: find out which is right, and leave the other file out",
      shard.string(), table.name, id));
}

/// Throws if a row of the shard is not here, or is here with other values.
void refuse_conflicts(SQLite::Database& database, const TableKey& table, const fs::path& shard) {
  std::string keys;
  std::string same;
  std::string gone;
  for (const auto& key : split_keys(table.key)) {
    keys += (keys.empty() ? "" : ", ") + ("theirs." + key);
    same += (same.empty() ? "" : " AND ") + fmt::format("ours.{0} = theirs.{0}", key);
    gone = fmt::format("ours.{} IS NULL", key);
  }
  std::string differ = gone;  // the same trial under another id
  for (const auto& column : columns_of(database, table.name)) {
    // A run's end is settled by itself.
    const bool own =
        std::string(table.name) == "run" && (column == "finished_at" || column == "pruned_at");
    if (own) continue;
    const bool text = column.ends_with("_z");  // prune may have dropped it on one side
    differ += fmt::format(
        " OR (theirs.\"{0}\" IS NOT ours.\"{0}\"{1})", column,
        text ? fmt::format(" AND theirs.{0} NOT NULL AND ours.{0} NOT NULL", column) : "");
  }
  SQLite::Statement row(
      database,
      fmt::format(
          "SELECT {} FROM shard.\"{}\" AS theirs LEFT JOIN main.\"{}\" AS ours ON {} WHERE {} "
          "LIMIT 1",
          keys, table.name, table.name, same, differ));
  if (row.executeStep()) refuse(row, table, shard);
}

/// The shard's rows of one table; those that were here already must be equal.
void copy(SQLite::Database& database, const TableKey& table, const fs::path& shard,
          MergeResult& result) {
  const std::string columns = joined(columns_of(database, table.name));
  const auto theirs = count(database, fmt::format("SELECT count(*) FROM shard.\"{}\"", table.name));
  if (theirs == 0) return;
  const int added = database.exec(
      fmt::format("INSERT OR IGNORE INTO main.\"{0}\" ({1}) SELECT {1} FROM shard.\"{0}\"",
                  table.name, columns));
  result.added += added;
  const std::int64_t known = theirs - added;
  result.known += known;
  if (known > 0) refuse_conflicts(database, table, shard);
}

/// Baselines whose names are new here, with their ledgers: a name means what it meant in
/// the merged database.
void copy_baselines(SQLite::Database& database) {
  database.exec(
      "CREATE TEMP TABLE new_baseline AS SELECT name FROM shard.baseline EXCEPT SELECT name FROM "
      "main.baseline;"
      "INSERT INTO main.baseline SELECT * FROM shard.baseline WHERE name IN (SELECT name FROM "
      "new_baseline);"
      "INSERT INTO main.baseline_run SELECT * FROM shard.baseline_run WHERE baseline IN (SELECT "
      "name "
      "FROM new_baseline);"
      "INSERT INTO main.gate_look SELECT * FROM shard.gate_look WHERE baseline IN (SELECT name "
      "FROM "
      "new_baseline);"
      "DROP TABLE new_baseline");
}

/// Kept sums of runs that got rows are of yesterday.
void drop_sums(SQLite::Database& database) {
  for (const char* table : {"trial_sum", "context_sum", "route_sum", "run_sum"}) {
    database.exec(
        fmt::format("DELETE FROM main.{} WHERE run IN (SELECT id FROM shard.run)", table));
  }
}

/// A run that was here already has ended when all of its parts have.
void settle_ends(SQLite::Database& database) {
  database.exec(
      "UPDATE main.run SET finished_at = (SELECT CASE WHEN main.run.finished_at IS NULL OR "
      "theirs.finished_at IS NULL THEN NULL ELSE max(main.run.finished_at, theirs.finished_at) END "
      "FROM shard.run AS theirs WHERE theirs.id = main.run.id) "
      "WHERE id IN (SELECT id FROM shard.run)");
}

void require_distinct(const fs::path& out, const fs::path& shard) {
  std::error_code ignored;
  if (fs::equivalent(out, shard, ignored)) {
    throw UserError(fmt::format("{}: is the merged database itself", shard.string()));
  }
}

/// Whether the attached shard is of today's schema.
bool is_current(SQLite::Database& database) {
  return database.execAndGet("PRAGMA shard.user_version").getInt() == kSchemaVersion &&
         database.execAndGet("PRAGMA shard.application_id").getInt() ==
             database.execAndGet("PRAGMA main.application_id").getInt();
}

void merge_one(SQLite::Database& database, const fs::path& shard, MergeResult& result) {
  auto attached = std::make_unique<Attached>(database, shard);
  if (!is_current(database)) {  // older, newer or not ours: opened by itself, which says so
    attached.reset();
    require_current(shard);
    attached = std::make_unique<Attached>(database, shard);
  }
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  MergeResult own;
  own.runs = static_cast<int>(count(database, "SELECT count(*) FROM shard.run"));
  const bool new_runs =
      count(database, "SELECT count(*) FROM shard.run JOIN main.run USING (id)") == 0;
  for (const auto& table : kTables) copy(database, table, shard, own);
  copy_baselines(database);
  if (!new_runs) settle_ends(database);
  if (!new_runs && own.added > 0) drop_sums(database);
  transaction.commit();
  result.added += own.added;
  result.known += own.known;
  result.runs += own.runs;
}

}  // namespace

MergeResult merge(const fs::path& out, const std::vector<fs::path>& shards) {
  for (const auto& shard : shards) {
    require_distinct(out, shard);
    if (!fs::exists(shard)) throw UserError(fmt::format("{}: no such database", shard.string()));
  }
  const auto database = open_writable(out);
  database->exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = NORMAL");
  MergeResult result;
  for (const auto& shard : shards) {
    try {
      merge_one(*database, shard, result);
    } catch (const SQLite::Exception& error) {
      if (const auto damage = damage_of(error, shard)) throw UserError(*damage);
      throw StoreError(fmt::format("{}: cannot be merged into {}: {}; nothing of it was taken",
                                   shard.string(), out.string(), error.what()));
    }
  }
  return result;
}

}  // namespace weir
