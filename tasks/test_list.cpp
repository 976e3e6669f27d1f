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
    if (point < 0x10000) {
      out.push_back(static_cast<char>(0xE0U | (point >> 12)));
    } else {
      out.push_back(static_cast<char>(0xF0U | (point >> 18)));
      out.push_back(static_cast<char>(0x80U | ((point >> 12) & 0x3FU)));
    }
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
  /// A code point; half a surrogate pair is none.
  unsigned point(int digits) {
    const unsigned value = hex(digits);
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) fail();
    return value;
  }
  void escape(std::string& out) {
    static constexpr std::string_view kNames = "abfnrtv";
    static constexpr std::string_view kMeant = "\a\b\f\n\r\t\v";
    const char c = next();
    if (const auto found = kNames.find(c); found != std::string_view::npos) {
      out.push_back(kMeant[found]);
      return;
    }
    switch (c) {
      case 'x': append_utf8(out, hex(2)); return;
      case 'u': append_utf8(out, point(4)); return;
      case 'U': append_utf8(out, point(8)); return;
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

/// As Python's json.dumps writes it.
std::string json_text(const std::vector<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) {
    out += out.empty() ? "" : ", ";
    out += json(id).dump(-1, ' ', true, json::error_handler_t::replace);
  }
  return "[" + out + "]";
}

/// As Python's repr writes it, but for what is not ASCII, which stays as it is.
std::string python_repr(const std::string& id) {
  const bool single = id.find('\'') == std::string::npos || id.find('"') != std::string::npos;
  const char quote = single ? '\'' : '"';
  std::string out(1, quote);
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\n': out += "\\n"; continue;
      case '\r': out += "\\r"; continue;
      case '\t': out += "\\t"; continue;
      default: break;
    }
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
      continue;
    }
    if (c == '\\' || c == quote) out += '\\';
    out += c;
  }
  return out + quote;
}

std::string python_text(const std::vector<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) {
    out += out.empty() ? "" : ", ";
    out += python_repr(id);
  }
  return "[" + out + "]";
}

}  // namespace

ListTyping typing_of(const json& value) {
  if (value.is_null()) return ListTyping::missing;
  if (!value.is_string()) return ListTyping::array;
  return json::parse(value.get_ref<const std::string&>(), nullptr, false).is_array()
             ? ListTyping::json_text
             : ListTyping::python_text;
}

json spell_test_list(const std::vector<std::string>& ids, ListTyping typing) {
  switch (typing) {
    case ListTyping::array: return ids;
    case ListTyping::json_text: return json_text(ids);
    case ListTyping::python_text: return python_text(ids);
    case ListTyping::missing: break;
  }
  return nullptr;
}

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
