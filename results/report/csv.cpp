#include <fmt/format.h>

#include "results/report/document.hpp"

namespace weir {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// The values behind a cell, one per CSV column: nothing where it is unknown.
struct Raw {
  std::vector<std::string> operator()(std::monostate) const { return {""}; }
  std::vector<std::string> operator()(std::int64_t value) const { return {std::to_string(value)}; }
  std::vector<std::string> operator()(double value) const { return {fmt::format("{}", value)}; }
  std::vector<std::string> operator()(const std::string& value) const { return {quoted(value)}; }
  std::vector<std::string> operator()(const Interval& i) const {
    return {fmt::format("{}", i.low), fmt::format("{}", i.high)};
  }
  std::vector<std::string> operator()(const Estimate& e) const {
    return {fmt::format("{}", e.value), fmt::format("{}", e.interval.low),
            fmt::format("{}", e.interval.high)};
  }
};

/// The names of a column's CSV columns: intervals have two, estimates three.
std::vector<std::string> names_of(const Column& column) {
  const std::string& key = column.key;
  if (column.width == 2) return {key + "_low", key + "_high"};
  if (column.width == 3) return {key, key + "_low", key + "_high"};
  return {key};
}

std::string table_text(const Table& table, bool simulated) {
  std::string out;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto names = names_of(table.columns[i]);
    widths.push_back(names.size());
    for (const auto& name : names) out += quoted(name) + ",";
  }
  out += "simulated\r\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      auto values = std::visit(Raw{}, row[i].value);
      values.resize(widths[i]);  // an unknown interval is as wide as a known one
      for (const auto& value : values) out += value + ",";
    }
    out += simulated ? "1\r\n" : "0\r\n";
  }
  return out;
}

}  // namespace

std::string to_csv(const Section& section, bool simulated) {
  std::string out;
  for (const auto& table : section.tables) {
    out += (out.empty() ? "" : "\r\n") + table_text(table, simulated);
  }
  return out;
}

}  // namespace weir
