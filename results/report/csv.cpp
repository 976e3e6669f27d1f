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

/// The number behind the cell: nothing where it is unknown.
struct Raw {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}", value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
};

}  // namespace

std::string to_csv(const Section& section, bool simulated) {
  std::string out;
  for (const auto& table : section.tables) {
    if (!out.empty()) out += "\r\n";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      out += (i == 0 ? "" : ",") + quoted(table.columns[i].key);
    }
    out += ",simulated\r\n";
    for (const auto& row : table.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        out += (i == 0 ? "" : ",") + std::visit(Raw{}, row[i].value);
      }
      out += simulated ? ",1\r\n" : ",0\r\n";
    }
  }
  return out;
}

}  // namespace weir
