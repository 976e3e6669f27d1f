#include "results/store/database.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "results/store/reader.hpp"
#include "results/store/text_column.hpp"
#include "tasks/error.hpp"

extern const char weir_schema_sql_begin[];
extern const char weir_schema_sql_end[];
extern const char weir_views_sql_begin[];
extern const char weir_views_sql_end[];
extern const char weir_migrate_1_to_2_begin[];
extern const char weir_migrate_1_to_2_end[];
extern const char weir_migrate_2_to_3_begin[];
extern const char weir_migrate_2_to_3_end[];
extern const char weir_migrate_3_to_4_begin[];
extern const char weir_migrate_3_to_4_end[];
extern const char weir_migrate_4_to_5_begin[];
extern const char weir_migrate_4_to_5_end[];
extern const char weir_migrate_5_to_6_begin[];
extern const char weir_migrate_5_to_6_end[];
extern const char weir_migrate_6_to_7_begin[];
extern const char weir_migrate_6_to_7_end[];

namespace weir {
namespace fs = std::filesystem;
namespace {

constexpr int kApplicationId = 0x57656972;             // "Weir"
constexpr std::uintmax_t kCheckedOnOpen = 64U << 20U;  // bytes; larger ones cost seconds
constexpr int kCorrupt = 11;                           // SQLITE_CORRUPT
constexpr int kReadOnly = 8;                           // SQLITE_READONLY
constexpr int kCantOpen = 14;                          // SQLITE_CANTOPEN
constexpr int kNotADatabase = 26;                      // SQLITE_NOTADB

/// What leads from version i + 1 to i + 2. Views are made anew afterwards.
const std::array<std::string, kSchemaVersion - 1>& migrations() {
  static const std::array<std::string, kSchemaVersion - 1> all = {
      std::string(weir_migrate_1_to_2_begin, weir_migrate_1_to_2_end),
      std::string(weir_migrate_2_to_3_begin, weir_migrate_2_to_3_end),
      std::string(weir_migrate_3_to_4_begin, weir_migrate_3_to_4_end),
      std::string(weir_migrate_4_to_5_begin, weir_migrate_4_to_5_end),
      std::string(weir_migrate_5_to_6_begin, weir_migrate_5_to_6_end),
      std::string(weir_migrate_6_to_7_begin, weir_migrate_6_to_7_end)};
  return all;
}

int pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
}

void create_schema(SQLite::Database& database) {
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (pragma(database, "user_version") == 0) {  // nobody was faster
    database.exec(std::string(weir_schema_sql_begin, weir_schema_sql_end));
    database.exec(std::string(weir_views_sql_begin, weir_views_sql_end));
    database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
  }
  transaction.commit();
}

/// Ours from their file; a user's own are made again as they were, if they still can be.
void make_views_anew(SQLite::Database& database) {
  std::vector<std::string> drops;
  std::vector<std::string> all;
  {
    SQLite::Statement view(database, "SELECT name, sql FROM sqlite_master WHERE type = 'view'");
    while (view.executeStep()) {
      std::string name = view.getColumn(0).getString();
      for (std::size_t at = 0; (at = name.find('"', at)) != std::string::npos; at += 2) {
        name.insert(at, 1, '"');
      }
      drops.push_back("DROP VIEW \"" + name + "\"");
      all.push_back(view.getColumn(1).getString());
    }
  }
  for (const auto& drop : drops) database.exec(drop);
  database.exec(std::string(weir_views_sql_begin, weir_views_sql_end));
  for (const auto& sql : all) database.tryExec(sql);  // fails for ours, which are there
}

/// Copies that a killed process began and never gave their name.
void sweep_unfinished_backups(const fs::path& file) {
  const std::string prefix = file.filename().string() + ".schema-";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::absolute(file).parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    const auto mark = name.find(".backup.");
    if (name.rfind(prefix, 0) != 0 || mark == std::string::npos) continue;
    const int pid = std::atoi(name.c_str() + mark + 8);
    if (pid > 0 && !fs::exists("/proc/" + std::to_string(pid))) fs::remove(entry.path(), ignored);
  }
}

/// A whole copy of the file as it was, beside it, whatever happens afterwards.
void back_up(SQLite::Database& database, const fs::path& file, int version) {
  sweep_unfinished_backups(file);
  fs::path copy;
  for (int i = 1; copy.empty() || fs::exists(copy); ++i) {
    copy = fmt::format("{}.schema-{}{}.backup", file.string(), version,
                       i == 1 ? "" : fmt::format("-{}", i));
  }
  const fs::path unfinished = fmt::format("{}.{}", copy.string(), ::getpid());
  try {
    SQLite::Statement statement(database, "VACUUM INTO ?");
    statement.bind(1, unfinished.string());
    statement.exec();
    fs::rename(unfinished, copy);  // under its name it is whole
  } catch (...) {
    std::error_code ignored;
    fs::remove(unfinished, ignored);
    throw;
  }
}

void migrate(SQLite::Database& database, const fs::path& file) {
  const int old_version = pragma(database, "user_version");
  if (old_version == kSchemaVersion) return;
  back_up(database, file, old_version);
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  for (int version = pragma(database, "user_version"); version < kSchemaVersion; ++version) {
    database.exec(migrations()[static_cast<std::size_t>(version - 1)]);
    database.exec(fmt::format("PRAGMA user_version = {}", version + 1));
  }
  make_views_anew(database);
  transaction.commit();
}

void check_identity(SQLite::Database& database, const fs::path& file) {
  const int version = pragma(database, "user_version");
  if (pragma(database, "application_id") != kApplicationId) {
    throw UserError(fmt::format("{}: is not a Weir database", file.string()));
  }
  if (version > kSchemaVersion) {
    throw UserError(
        fmt::format("{}: schema version {} is newer than this weir (version {}); use a newer weir",
                    file.string(), version, kSchemaVersion));
  }
}

std::string damaged(const fs::path& file, const std::string& what) {
  return fmt::format(
      "{}: the file is damaged ({}); restore it, or save what is readable: sqlite3 {} .recover | "
      "sqlite3 saved.db",
      file.string(), what, file.string());
}

std::string complaint(const fs::path& file, const SQLite::Exception& error) {
  if (error.getErrorCode() == kNotADatabase) {
    return fmt::format("{}: is not a Weir database", file.string());
  }
  if (error.getErrorCode() == kCorrupt) return damaged(file, error.what());
  return fmt::format("{}: cannot be read: {}", file.string(), error.what());
}

bool is_empty(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
}

}  // namespace

std::unique_ptr<SQLite::Database> open_writable(const fs::path& file) {
  try {
    if (file.has_parent_path()) fs::create_directories(file.parent_path());
    auto database = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
    if (pragma(*database, "user_version") == 0 && is_empty(*database)) create_schema(*database);
    check_identity(*database, file);
    database->exec("PRAGMA journal_mode = WAL");
    database->exec("PRAGMA foreign_keys = ON");
    migrate(*database, file);
    return database;
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == kNotADatabase || error.getErrorCode() == kCorrupt) {
      throw UserError(complaint(file, error));
    }
    throw InfraError(fmt::format("{}: {}", file.string(), error.what()));
  } catch (const fs::filesystem_error& error) {
    throw InfraError(error.what());
  }
}

namespace {

/// A database in a folder where nothing can be written, which nobody then writes to.
std::unique_ptr<SQLite::Database> open_unwritable(const fs::path& file) {
  try {
    std::string path;
    for (const char c : fs::absolute(file).string()) {
      path += c == '?' || c == '#' || c == '%' ? fmt::format("%{:02X}", static_cast<int>(c))
                                               : std::string(1, c);
    }
    auto database = std::make_unique<SQLite::Database>(
        "file:" + path + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI, 5000);
    check_identity(*database, file);
    if (pragma(*database, "user_version") < kSchemaVersion) {
      throw UserError(
          fmt::format("{}: is of an older version and its folder cannot be written; copy it "
                      "to where it can be migrated",
                      file.string()));
    }
    return database;
  } catch (const SQLite::Exception& error) {
    throw UserError(complaint(file, error));
  }
}

}  // namespace

namespace {

/// An existing database of today's schema; `whole`: small files are checked whole.
std::unique_ptr<SQLite::Database> open_existing(const fs::path& file, bool whole) {
  if (!fs::exists(file)) {
    throw UserError(fmt::format(
        "{}: no such database; make one with `weir run EXPERIMENT.toml` or name it with --db",
        file.string()));
  }
  try {
    auto database = std::make_unique<SQLite::Database>(file.string(), SQLite::OPEN_READONLY, 5000);
    check_identity(*database, file);
    if (pragma(*database, "user_version") < kSchemaVersion) {
      database.reset();
      (void)open_writable(file);
      return open_existing(file, whole);
    }
    if (whole && fs::file_size(file) <= kCheckedOnOpen) require_sound(*database, file);
    return database;
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() != kCantOpen && error.getErrorCode() != kReadOnly) {
      throw UserError(complaint(file, error));
    }
  }
  return open_unwritable(file);
}

}  // namespace

std::unique_ptr<SQLite::Database> open_readonly(const fs::path& file) {
  return open_existing(file, true);
}

void require_current(const fs::path& file) {
  (void)open_existing(file, false);
}

std::optional<std::string> damage_of(const SQLite::Exception& error, const fs::path& file) {
  if (error.getErrorCode() != kCorrupt && error.getErrorCode() != kNotADatabase) return {};
  return complaint(file, error);
}

void require_sound(SQLite::Database& database, const fs::path& file) {
  const std::string found = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (found != "ok") throw UserError(damaged(file, found));
}

void bind_text_column(SQLite::Statement& statement, int index, const std::string& text) {
  if (text.empty()) {
    statement.bind(index);
  } else if (text.size() < kCompressFrom) {
    statement.bind(index, text);
  } else {
    const std::string frame = compress(text);
    statement.bind(index, frame.data(), static_cast<int>(frame.size()));
  }
}

std::string read_text_column(const SQLite::Column& column) {
  if (column.isNull()) return {};
  if (column.isText()) return column.getString();
  return decompress(
      {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())});
}

std::optional<std::int64_t> read_optional(const SQLite::Column& column) {
  if (column.isNull()) return {};
  return column.getInt64();
}

std::optional<double> read_optional_double(const SQLite::Column& column) {
  if (column.isNull()) return {};
  return column.getDouble();
}

std::optional<TimePoint> read_optional_time(const SQLite::Column& column) {
  if (column.isNull()) return {};
  return parse_time(column.getString());
}

std::optional<std::string> store_complaint(const std::exception& error) {
  const auto* own = dynamic_cast<const SQLite::Exception*>(&error);
  if (own == nullptr) return {};
  return complaint("the database", *own);
}

}  // namespace weir
