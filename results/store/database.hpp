#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tasks/units.hpp"

namespace weir {

// Internal to results/store: the only header that knows SQLiteCpp.

inline constexpr int kSchemaVersion = 7;

/// Opens (and creates, and migrates) a database for writing: WAL, foreign keys
/// on, 5 s busy timeout. One of an older version is copied to FILE.schema-N.backup
/// before it is migrated. Throws UserError if the file is not Weir's, is newer than
/// this program or is damaged, InfraError if it cannot be opened.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_writable(const std::filesystem::path& file);

/// Opens an existing database for reading only; one of an older version is
/// migrated first. Files up to 64 MiB are checked whole (quick_check). Throws
/// UserError naming the next command if it does not exist or is damaged.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_readonly(const std::filesystem::path& file);

/// Migrates the file if it is of an older version; does not read the rest of it. Throws
/// as open_readonly.
void require_current(const std::filesystem::path& file);

/// What to say of an error that means damage to `file`; nullopt for any other.
[[nodiscard]] std::optional<std::string> damage_of(const SQLite::Exception& error,
                                                   const std::filesystem::path& file);

/// SQLite's quick_check of the whole file, however large. Throws UserError naming
/// `file` and what is wrong with it.
void require_sound(SQLite::Database& database, const std::filesystem::path& file);

/// Binds text, compressed when it pays; "" becomes NULL.
void bind_text_column(SQLite::Statement& statement, int index, const std::string& text);

/// Reads what bind_text_column wrote.
[[nodiscard]] std::string read_text_column(const SQLite::Column& column);

[[nodiscard]] std::optional<std::int64_t> read_optional(const SQLite::Column& column);
[[nodiscard]] std::optional<double> read_optional_double(const SQLite::Column& column);
[[nodiscard]] std::optional<TimePoint> read_optional_time(const SQLite::Column& column);

}  // namespace weir
