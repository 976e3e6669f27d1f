#include "tasks/compose_variables.hpp"

#include <fmt/format.h>

#include <cctype>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr int kDeepest = 20;  // of defaults in defaults

bool in_name(char c, bool first) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '_' || (first ? std::isalpha(byte) : std::isalnum(byte)) != 0;
}

/// How many characters at `at` are a variable's name.
std::size_t name_length(std::string_view text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size() && in_name(text[at + length], length == 0)) ++length;
  return length;
}

class Interpolation {
 public:
  Interpolation(std::string_view text, const HostLookup& value_of)
      : whole_(text), value_of_(value_of) {}

  std::string replace(std::string_view text, int depth) {
    if (depth > kDeepest) fail();
    std::string replaced;
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] != '$') {
        replaced += text[at++];
      } else if (at + 1 < text.size() && text[at + 1] == '$') {
        replaced += '$';
        at += 2;
      } else if (at + 1 < text.size() && text[at + 1] == '{') {
        const std::size_t end = end_of_braces(text, at + 2);
        replaced += braces(text.substr(at + 2, end - at - 2), depth);
        at = end + 1;
      } else {
        const std::size_t length = name_length(text, at + 1);
        if (length == 0) fail();
        replaced += plain(std::string(text.substr(at + 1, length)));
        at += 1 + length;
      }
    }
    return replaced;
  }

  Interpolated out;

 private:
  [[noreturn]] void fail() const {
    throw UserError(fmt::format("\"{}\": no variable of compose's; $$ is a dollar sign", whole_));
  }

  /// The closing brace of what begins at `at`.
  [[nodiscard]] std::size_t end_of_braces(std::string_view text, std::size_t at) const {
    for (int open = 1; at < text.size(); ++at) {
      if (text[at] == '$' && at + 1 < text.size() && text[at + 1] == '{') ++open;
      if (text[at] == '}' && --open == 0) return at;
    }
    fail();
  }

  std::string plain(const std::string& name) {
    if (auto value = value_of_(name)) return *value;
    out.missing.push_back(name);
    return {};
  }

  std::string braces(std::string_view inside, int depth) {
    const std::size_t length = name_length(inside, 0);
    if (length == 0) fail();
    const std::string name(inside.substr(0, length));
    std::string_view rest = inside.substr(length);
    if (rest.empty()) return plain(name);
    const auto value = value_of_(name);
    const bool colon = rest.front() == ':';
    if (colon) rest.remove_prefix(1);
    if (rest.empty()) fail();
    const bool there = value && !(colon && value->empty());
    const std::string_view other = rest.substr(1);
    switch (rest.front()) {
      case '-':
        if (there) return *value;
        out.defaulted.push_back(name);
        return replace(other, depth + 1);
      case '+':
        return there ? replace(other, depth + 1) : std::string();
      case '?':
        if (there) return *value;
        out.missing.push_back(name);
        return {};
      default:
        fail();
    }
  }

  std::string_view whole_;
  const HostLookup& value_of_;
};

/// A value as a shell would take it: quotes off, a comment behind it off.
std::string value_in(std::string_view text) {
  const char quote = text.empty() ? ' ' : text.front();
  if (quote == '"' || quote == '\'') {
    const auto end = text.find(quote, 1);
    if (end != std::string_view::npos) return std::string(text.substr(1, end - 1));
  }
  return std::string(trimmed(text.substr(0, text.find(" #"))));
}

}  // namespace

Interpolated interpolate(std::string_view text, const HostLookup& value_of) {
  Interpolation interpolation(text, value_of);
  interpolation.out.text = interpolation.replace(text, 0);
  return std::move(interpolation.out);
}

std::vector<std::pair<std::string, std::string>> read_env_file(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> values;
  int number = 0;
  for (std::string_view line : split_lines(text)) {
    ++number;
    line = trimmed(line);
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    if (line.empty() || line.front() == '#') continue;
    const std::size_t length = name_length(line, 0);
    const std::string_view rest = trimmed(line.substr(length));
    if (length == 0 || (!rest.empty() && rest.front() != '=')) {
      throw UserError(fmt::format("line {}: expected NAME=value", number));
    }
    if (rest.empty()) continue;
    values.emplace_back(line.substr(0, length), value_in(trimmed(rest.substr(1))));
  }
  return values;
}

}  // namespace weir
