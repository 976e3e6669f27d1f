#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// A CSV file: RFC 4180, with "\n" or "\r\n", a byte order mark skipped, and a header.
struct Csv {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< each as wide as the header
  std::vector<int> lines;                      ///< of the rows' beginnings, from 1
};

/// Throws UserError naming `origin` and the line: a quote left open, a row of another
/// width, an empty file, a column named twice, bytes that are not UTF-8.
[[nodiscard]] Csv parse_csv(std::string_view text, const std::string& origin);

/// `text` as one value of a row: in quotes where it needs them.
[[nodiscard]] std::string csv_value(const std::string& text);

}  // namespace weir
