#include "results/report/document.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:76em;margin:2em auto;padding:0 1em;"
    "color:#1c1c1c;background:#fff}table{border-collapse:collapse;margin:1em 0;display:block;"
    "overflow-x:auto}th,td{padding:.3em .7em;border-bottom:1px solid #ddd;text-align:left;"
    "white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "th{border-bottom:2px solid #888}.notice{font-weight:600;color:#a02020}"
    "footer{color:#666;font-size:.85em;margin-top:2em}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#e4e4e4}"
    "th,td{border-color:#444}.notice{color:#ff9090}footer{color:#999}}";

std::string tag(const char* name, bool numeric, const std::string& text) {
  return std::string("<") + name + (numeric ? " class=\"n\">" : ">") + escaped_markup(text) + "</" +
         name + ">";
}

std::string table_text(const Table& table) {
  std::string out = "<table>\n<tr>";
  for (const auto& column : table.columns) out += tag("th", column.numeric, column.heading);
  out += "</tr>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += tag("td", table.columns[i].numeric, row[i].text);
    }
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

}  // namespace

std::string to_html(const Document& document) {
  const std::string title = full_title(document);
  std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>" +
                    escaped_markup(title) +
                    "</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n<style>" +
                    kStyle + "</style></head><body>\n<h1>" + escaped_markup(title) + "</h1>\n";
  for (const auto& notice : document.notices) {
    out += "<p class=\"notice\">" + escaped_markup(notice) + "</p>\n";
  }
  for (const auto& section : document.sections) {
    if (!section.heading.empty()) {
      out += "<h2 id=\"" + escaped_markup(section.name) + "\">" + escaped_markup(section.heading) +
             "</h2>\n";
    }
    for (const auto& table : section.tables) out += table_text(table);
    for (const auto& note : section.notes) out += "<p>" + escaped_markup(note) + "</p>\n";
  }
  out += "<footer>\n";
  for (const auto& line : document.footer) out += "<p>" + escaped_markup(line) + "</p>\n";
  return out + "</footer></body></html>\n";
}

}  // namespace weir
