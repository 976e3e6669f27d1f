#include "results/store/search_book.hpp"

#include <fmt/format.h>

#include "results/store/database.hpp"
#include "tasks/error.hpp"

namespace weir {

int enter_search(const std::filesystem::path& database, const std::string& data,
                 const std::string& request, TimePoint at) {
  const auto opened = open_writable(database);
  try {
    SQLite::Statement insert(*opened, "INSERT OR IGNORE INTO search VALUES (?, ?, ?)");
    insert.bind(1, data);
    insert.bind(2, request);
    insert.bind(3, format_time(at));
    insert.exec();
    SQLite::Statement count(*opened, "SELECT count(*) FROM search WHERE data = ?");
    count.bind(1, data);
    count.executeStep();
    return count.getColumn(0).getInt();
  } catch (const SQLite::Exception& error) {
    throw InfraError(fmt::format("{}: cannot be written: {}", database.string(), error.what()));
  }
}

}  // namespace weir
