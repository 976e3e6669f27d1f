#include "tasks/json_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kDeepest = 200;
constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// Walks over a text once and knows the line it is on.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {
    if (text.substr(0, kMark.size()) == kMark) at_ = kMark.size();
  }

  [[nodiscard]] bool ended() const { return at_ >= text_.size(); }
  [[nodiscard]] char here() const { return ended() ? '\0' : text_[at_]; }
  [[nodiscard]] int line() const { return line_; }
  [[nodiscard]] std::size_t at() const { return at_; }
  void step() {
    if (text_[at_++] == '\n') ++line_;
  }
  void skip_space() {
    while (!ended() && std::string_view(" \t\r\n").find(here()) != std::string_view::npos) step();
  }

  /// Up to the first of `stops` outside strings and brackets, without white space around it.
  JsonSlice until(std::string_view stops) {
    skip_space();
    JsonSlice slice;
    slice.line = line_;
    const std::size_t from = at_;
    int depth = 0;
    while (!ended() && (depth > 0 || stops.find(here()) == std::string_view::npos)) {
      if (here() == '"') {
        string();
        continue;
      }
      if (here() == '[' || here() == '{') ++depth;
      if (here() == ']' || here() == '}') --depth;
      step();
    }
    slice.text = trimmed(text_.substr(from, at_ - from));
    return slice;
  }

 private:
  void string() {
    step();
    while (!ended() && here() != '"') {
      if (here() == '\\') step();
      if (!ended()) step();
    }
    if (!ended()) step();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

/// Elements or members up to the closing bracket; whether it was found.
bool cut_list(Cutter& cutter, char close, JsonRows& rows) {
  const std::string_view stops = close == ']' ? ",]" : ",}";
  cutter.step();
  cutter.skip_space();
  if (cutter.here() == close) {
    cutter.step();
    return true;
  }
  for (;;) {
    JsonSlice slice;
    if (close == '}') {
      const JsonSlice key = cutter.until(":,}");
      if (cutter.here() == ':') cutter.step();
      slice = cutter.until(stops);
      slice.key = key.text;
      slice.line = key.line;
    } else {
      slice = cutter.until(stops);
    }
    rows.slices.push_back(slice);
    if (cutter.ended()) return false;
    const bool last = cutter.here() == close;
    cutter.step();
    if (last) return true;
  }
}

JsonRows cut_lines(std::string_view text) {
  JsonRows rows;
  if (text.substr(0, kMark.size()) == kMark) text.remove_prefix(kMark.size());
  for (int line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view row = trimmed(text.substr(0, end));
    if (!row.empty()) rows.slices.push_back({{}, row, line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rows;
}

}  // namespace

JsonRows cut_json_rows(std::string_view text) {
  Cutter cutter(text);
  cutter.skip_space();
  const char open = cutter.here();
  if (open != '[' && open != '{') return cut_lines(text);
  JsonRows rows;
  rows.shape = open == '[' ? JsonRows::Shape::array : JsonRows::Shape::object;
  const std::size_t from = cutter.at();
  rows.whole.line = cutter.line();
  const bool closed = cut_list(cutter, open == '[' ? ']' : '}', rows);
  rows.whole.text = text.substr(from, cutter.at() - from);
  cutter.skip_space();
  if (closed && cutter.ended()) return rows;
  if (open == '{') return cut_lines(text);
  rows.defect = fmt::format("{}: {}", cutter.line(),
                            closed ? "text after the end of the array" : "the array does not end");
  return rows;
}

json parse_row(std::string_view text) {
  // The parser would take it for the end, and never say what came after.
  if (text.find('\0') != std::string_view::npos) throw UserError("not valid JSON: a NUL byte");
  try {
    return json::parse(text, [](int depth, json::parse_event_t, json&) {
      if (depth > kDeepest) throw UserError("nested too deeply");
      return true;
    });
  } catch (const json::exception& error) {
    throw UserError(fmt::format("not valid JSON: {}", to_utf8(error.what())));
  }
}

}  // namespace weir
