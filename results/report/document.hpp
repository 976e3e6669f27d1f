#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "results/statistics/proportion.hpp"

namespace weir {

// A report before it has a format: titles, tables and lines. What a table says is
// decided here once; every format shows the same cells.

/// A number with its interval, in the unit of the number.
struct Estimate {
  double value = 0;
  Interval interval;
};

/// A cell: what people read, and the number behind it (unknown: monostate). CSV gives
/// intervals columns of their own, KEY_low and KEY_high; an estimate KEY besides.
struct Cell {
  std::string text;
  std::variant<std::monostate, std::int64_t, double, std::string, Interval, Estimate> value;

  static Cell of(std::string text) { return {text, text}; }
  static Cell number(std::int64_t count) { return {std::to_string(count), count}; }
  static Cell unknown(std::string text = "unknown") { return {std::move(text), {}}; }
};

struct Column {
  std::string key;  ///< in JSON and CSV: stable
  std::string heading;
  bool numeric = true;  ///< set to the right
  int width = 1;        ///< CSV columns: 2 for an interval, 3 for an estimate
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

struct Section {
  std::string name;     ///< as --section takes it
  std::string heading;  ///< "" = the document's own title
  std::vector<Table> tables;
  std::vector<std::string> notes;  ///< one paragraph each, after the tables
};

struct Document {
  std::string title;
  bool simulated = false;            ///< then the title says so, in every format
  std::vector<std::string> notices;  ///< shouted, before all tables
  std::vector<Section> sections;
  std::vector<std::string> footer;  ///< digests, versions, seeds
};

/// The title with what every title must say.
[[nodiscard]] std::string full_title(const Document& document);

/// Only the section of this name, with its parts ("NAME-..."), if they are wanted. Throws
/// UserError with the names there are.
[[nodiscard]] Document only_section(const Document& document, const std::string& name,
                                    bool with_parts = true);

// Formats. All are stable for equal data: no times, no widths of terminals.
[[nodiscard]] std::string to_markdown(const Document& document);
[[nodiscard]] std::string to_latex(const Document& document);  ///< booktabs tables
[[nodiscard]] std::string to_html(const Document& document);   ///< one page, nothing fetched
/// The tables of one section, RFC 4180; raw values, headings are keys.
[[nodiscard]] std::string to_csv(const Section& section, bool simulated);

}  // namespace weir
