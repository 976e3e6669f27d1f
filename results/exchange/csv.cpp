#include "results/exchange/csv.hpp"

#include <fmt/format.h>

#include <set>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }

  Csv read() {
    check_encoding();
    Csv csv;
    csv.header = record();
    check_header(csv.header);
    while (at_ < text_.size()) {
      const int line = line_;
      auto row = record();
      if (row.size() == 1 && row[0].empty()) continue;  // an empty line
      if (row.size() != csv.header.size()) {
        throw UserError(fmt::format("{}: line {}: {} values, the header has {} columns", origin_,
                                    line, row.size(), csv.header.size()));
      }
      csv.rows.push_back(std::move(row));
      csv.lines.push_back(line);
    }
    return csv;
  }

 private:
  void check_encoding() const {
    if (to_utf8(text_) == text_) return;
    const auto lines = split_lines(text_);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (to_utf8(lines[i]) != lines[i]) {
        throw UserError(fmt::format("{}: line {}: is not UTF-8", origin_, i + 1));
      }
    }
  }

  void check_header(const std::vector<std::string>& header) const {
    if (text_.size() <= at_ && header.size() == 1 && header[0].empty()) {
      throw UserError(fmt::format("{}: is empty; a CSV with a header was expected", origin_));
    }
    std::set<std::string> seen;
    for (const auto& name : header) {
      if (!seen.insert(name).second) {
        throw UserError(fmt::format("{}: column \"{}\" stands twice in the header", origin_, name));
      }
    }
  }

  std::vector<std::string> record() {
    std::vector<std::string> values;
    for (;;) {
      values.push_back(value());
      if (at_ >= text_.size()) return values;
      const char end = text_[at_++];
      if (end == ',') continue;
      if (end == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++line_;
      return values;
    }
  }

  std::string value() {
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '\r')
      ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  std::string quoted() {
    const int opened = line_;
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        value += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        value += text_[at_++];
      } else {
        ++at_;
        if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '\r') {
          throw UserError(fmt::format("{}: line {}: text after a closing quote", origin_, line_));
        }
        return value;
      }
    }
    throw UserError(fmt::format("{}: line {}: a quote is never closed", origin_, opened));
  }

  std::string_view text_;
  const std::string& origin_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

Csv parse_csv(std::string_view text, const std::string& origin) {
  return CsvReader(text, origin).read();
}

std::string csv_value(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace weir
