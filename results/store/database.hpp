#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tasks/units.hpp"

namespace weir {

// Internal to results/store: the only header that knows SQLiteCpp.

inline constexpr int kSchemaVersion = 2;

/// Opens (and creates, and migrates) a database for writing: WAL, foreign keys
/// on, 5 s busy timeout. Throws UserError if the file is not Weir's or is newer
/// than this program, InfraError if it cannot be opened.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_writable(const std::filesystem::path& file);

/// Opens an existing database for reading only; one of an older version is
/// migrated first. Throws UserError naming the
/// next command if it does not exist.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_readonly(const std::filesystem::path& file);

/// Binds text, compressed when it pays; "" becomes NULL.
void bind_text_column(SQLite::Statement& statement, int index, const std::string& text);

/// Reads what bind_text_column wrote.
[[nodiscard]] std::string read_text_column(const SQLite::Column& column);

[[nodiscard]] std::optional<std::int64_t> read_optional(const SQLite::Column& column);
[[nodiscard]] std::optional<double> read_optional_double(const SQLite::Column& column);
[[nodiscard]] std::optional<TimePoint> read_optional_time(const SQLite::Column& column);

}  // namespace weir
