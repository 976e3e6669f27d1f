#include "tasks/test_list.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::vector<std::string> from_array(const json& array) {
  std::vector<std::string> ids;
  for (const auto& item : array) {
    if (!item.is_string()) throw UserError("test list holds something that is not a string");
    ids.push_back(item.get<std::string>());
  }
  return ids;
}

void append_utf8(std::string& out, unsigned point) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (point >> 6)));
    out.push_back(static_cast<char>(0x80U | (point & 0x3FU)));
  } else {
    out.push_back(static_cast<char>(0xE0U | (point >> 12)));
    out.push_back(static_cast<char>(0x80U | ((point >> 6) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | (point & 0x3FU)));
  }
}

/// Reads Python source from the front; every failure is a UserError.
class PythonReader {
 public:
  explicit PythonReader(std::string_view text) : rest_(trimmed(text)) {}

  std::vector<std::string> list() {
    std::vector<std::string> items;
    expect('[');
    while (!take(']')) {
      if (!items.empty()) {
        expect(',');
        if (take(']')) break;
      }
      items.push_back(string());
    }
    if (!rest_.empty()) fail();
    return items;
  }

 private:
  [[noreturn]] static void fail() {
    throw UserError("test list is neither JSON nor a Python list of strings");
  }
  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string::npos) {
      rest_.remove_prefix(1);
    }
  }
  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  char next() {
    if (rest_.empty()) fail();
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  unsigned hex(int digits) {
    unsigned value = 0;
    while (digits-- > 0) {
      const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(next() | 0x20));
      if (digit == std::string_view::npos) fail();
      value = value * 16 + static_cast<unsigned>(digit);
    }
    return value;
  }
  void escape(std::string& out) {
    const char c = next();
    switch (c) {
      case 'n': out.push_back('\n'); return;
      case 'r': out.push_back('\r'); return;
      case 't': out.push_back('\t'); return;
      case 'x': append_utf8(out, hex(2)); return;
      case 'u': append_utf8(out, hex(4)); return;
      case '\\':
      case '\'':
      case '"': out.push_back(c); return;
      default:  // Python keeps the backslash of an escape it does not know
        out.push_back('\\');
        out.push_back(c);
    }
  }
  std::string string() {
    skip_space();
    const char quote = next();
    if (quote != '\'' && quote != '"') fail();
    std::string out;
    for (char c = next(); c != quote; c = next()) {
      if (c == '\\') {
        escape(out);
      } else {
        out.push_back(c);
      }
    }
    return out;
  }

  std::string_view rest_;
};

}  // namespace

std::vector<std::string> parse_python_list(std::string_view text) {
  return PythonReader(text).list();
}

std::vector<std::string> parse_test_list(const json& value) {
  if (value.is_null()) return {};
  if (value.is_array()) return from_array(value);
  if (!value.is_string()) throw UserError("test list must be a list or a string holding one");
  const auto& text = value.get_ref<const std::string&>();
  if (trimmed(text).empty()) return {};
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_array()) return from_array(parsed);
  return parse_python_list(text);
}

}  // namespace weir
