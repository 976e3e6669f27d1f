#include "harness/agent/keystrokes.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

struct Key {
  std::string_view name;
  std::string_view bytes;
};

/// As xterm sends them in its normal cursor mode.
constexpr auto kKeys = std::to_array<Key>({
    {"Enter", "\r"},    {"Tab", "\t"},       {"BTab", "\x1b[Z"},    {"Escape", "\x1b"},
    {"Space", " "},     {"BSpace", "\x7f"},  {"Delete", "\x1b[3~"}, {"Insert", "\x1b[2~"},
    {"Up", "\x1b[A"},   {"Down", "\x1b[B"},  {"Right", "\x1b[C"},   {"Left", "\x1b[D"},
    {"Home", "\x1b[H"}, {"End", "\x1b[F"},   {"PageUp", "\x1b[5~"}, {"PageDown", "\x1b[6~"},
    {"F1", "\x1bOP"},   {"F2", "\x1bOQ"},    {"F3", "\x1bOR"},      {"F4", "\x1bOS"},
    {"F5", "\x1b[15~"}, {"F6", "\x1b[17~"},  {"F7", "\x1b[18~"},    {"F8", "\x1b[19~"},
    {"F9", "\x1b[20~"}, {"F10", "\x1b[21~"}, {"F11", "\x1b[23~"},   {"F12", "\x1b[24~"},
});

/// The control character of a key: C-c is 3, C-Space is 0.
std::optional<char> control(std::string_view key) {
  if (key == "Space") return '\0';
  if (key.size() != 1) return {};
  const char c = key.front();
  if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 1);
  if (c >= '@' && c <= '_') return static_cast<char>(c - '@');
  if (c == '?') return '\x7f';
  return {};
}

std::optional<std::string> bytes_of(std::string_view name) {
  const auto key = std::find_if(kKeys.begin(), kKeys.end(),
                                [&](const Key& candidate) { return candidate.name == name; });
  if (key != kKeys.end()) return std::string(key->bytes);
  if (name.starts_with("C-")) {
    const auto c = control(name.substr(2));
    return c ? std::optional(std::string(1, *c)) : std::nullopt;
  }
  if (name.starts_with("M-") && name.size() == 3 && name[2] > ' ' && name[2] < '\x7f') {
    return std::string("\x1b").append(name.substr(2));
  }
  return {};
}

}  // namespace

std::optional<std::string> named_keys(std::string_view keystrokes) {
  std::string bytes;
  for (std::size_t at = 0; at <= keystrokes.size();) {
    const auto end = std::min(keystrokes.find(' ', at), keystrokes.size());
    const auto key = bytes_of(keystrokes.substr(at, end - at));
    if (!key) return {};
    bytes += *key;
    at = end + 1;
  }
  return bytes;
}

std::string typed_text(std::string_view text) {
  std::string typed;
  typed.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!pair) typed.push_back(text[i] == '\n' ? '\r' : text[i]);
  }
  return typed;
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const auto& key : kKeys) names.emplace_back(key.name);
  return names;
}

}  // namespace weir
