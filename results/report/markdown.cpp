#include <algorithm>
#include <cctype>

#include "results/report/document.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// Names come from elsewhere: no line ends, no control characters, no markup.
std::string plain(const std::string& text) {
  std::string out;
  const std::string utf8 = to_utf8(text);
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    const auto byte = static_cast<unsigned char>(c);
    const char next = i + 1 < utf8.size() ? utf8[i + 1] : ' ';
    const bool tag = c == '<' && (std::isalpha(static_cast<unsigned char>(next)) != 0 ||
                                  next == '/' || next == '!' || next == '?');
    if (tag) {
      out += "&lt;";
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else {
      out += byte < 0x20 || byte == 0x7F ? '?' : c;
    }
  }
  return out;
}

/// A cell cannot hold what ends it.
std::string cell_text(const std::string& text) {
  std::string out;
  for (const char c : plain(text)) {
    if (c == '|' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, code_points(text)), ' ');
}

std::string table_text(const Table& table) {
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& column : table.columns) rows[0].push_back(cell_text(column.heading));
  for (const auto& row : table.rows) {
    auto& line = rows.emplace_back();
    for (const auto& cell : row) line.push_back(cell_text(cell.text));
  }
  std::vector<std::size_t> widths(table.columns.size(), 3);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], code_points(row[i]));
    }
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += "| " + padded(rows[r][i], widths[i]) + " ";
    }
    out += "|\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      out += "|" + std::string(widths[i] + 1, '-') + (table.columns[i].numeric ? ":" : "-");
    }
    out += "|\n";
  }
  return out;
}

/// Words on lines of at most 110 characters.
std::string wrapped(const std::string& given) {
  const std::string text = plain(given);
  std::string out;
  std::size_t line = 0;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t space = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, space - start);
    if (line > 0 && line + 1 + code_points(word) > 110) {
      out += "\n";
      line = 0;
    } else if (line > 0) {
      out += " ";
      ++line;
    }
    out += word;
    line += code_points(word);
    start = space + 1;
  }
  return out;
}

}  // namespace

std::string to_markdown(const Document& document) {
  std::string out = "## " + plain(full_title(document)) + "\n\n";
  for (const auto& notice : document.notices) out += wrapped("**" + notice + "**") + "\n";
  if (!document.notices.empty()) out += "\n";
  for (const auto& section : document.sections) {
    if (!section.heading.empty()) out += "### " + plain(section.heading) + "\n\n";
    for (const auto& table : section.tables) out += table_text(table) + "\n";
    for (const auto& note : section.notes) {
      out += wrapped(note) + (note.rfind("- ", 0) == 0 ? "\n" : "\n\n");
    }
    if (!section.notes.empty() && section.notes.back().rfind("- ", 0) == 0) out += "\n";
  }
  for (const auto& line : document.footer) out += wrapped(line) + "\n";
  return out;
}

}  // namespace weir
