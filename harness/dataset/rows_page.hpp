#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One config and split of a data set, as the rows service lists them.
struct DatasetSplit {
  std::string dataset;
  std::string config;
  std::string split;
};

/// Consecutive rows of a split.
struct RowsPage {
  std::int64_t total = 0;          ///< rows of the whole split
  std::vector<std::string> lines;  ///< each row as one line of JSON, columns in their order
  std::string truncated;           ///< the first cell that was cut: "row 7, column patch"
};

/// Reads what the service answers to /rows?offset=..&length=... Throws InfraError for what
/// is no such answer: other rows than asked for, more than asked for, part of a data set.
[[nodiscard]] RowsPage parse_rows_page(std::string_view text, std::int64_t offset, int length);

/// Reads what it answers to /splits. Throws InfraError.
[[nodiscard]] std::vector<DatasetSplit> parse_splits(std::string_view text);

/// The message in an error of the service, or the beginning of the text.
[[nodiscard]] std::string service_message(std::string_view text);

}  // namespace weir
