#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One value of a file of JSON rows, not parsed yet: one bad row spares the others.
struct JsonSlice {
  std::string_view key;   ///< of a member of an object, as written, with its quotes; else ""
  std::string_view text;  ///< points into the file's text
  int line = 0;           ///< where it begins, from 1
};

/// A text holding rows, cut up: one JSON value a line, one array, or one object. Its views
/// point into the text.
struct JsonRows {
  enum class Shape { lines, array, object };
  Shape shape = Shape::lines;
  std::vector<JsonSlice> slices;  ///< rows, elements or members, in file order
  JsonSlice whole;                ///< of an object: all of it
  std::string defect;             ///< "line: cause" where the file itself is malformed; else ""
};

/// Cuts `text` by looking at quotes, brackets and commas alone; what a slice holds is
/// for parse_row to judge. Told apart by what stands there, not by a file's name: an
/// object that is not all there is takes the shape `lines`.
[[nodiscard]] JsonRows cut_json_rows(std::string_view text);

/// Parses one slice. Throws UserError (without location) for what is no JSON, no UTF-8,
/// or nested deeper than any row is.
[[nodiscard]] nlohmann::json parse_row(std::string_view text);

}  // namespace weir
