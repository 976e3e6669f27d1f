#include "runners/grade/logs/text.hpp"

#include <algorithm>

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

template <bool (*Is)(char32_t)>
bool take_one(std::string_view& text) {
  const Character first = first_character(text);
  if (first.length == 0 || !Is(first.point)) return false;
  text.remove_prefix(first.length);
  return true;
}

template <bool (*Is)(char32_t)>
bool drop_one(std::string_view& text) {
  const Character last = last_character(text);
  if (last.length == 0 || !Is(last.point)) return false;
  text.remove_suffix(last.length);
  return true;
}

template <bool (*One)(std::string_view&)>
bool many(std::string_view& text) {
  if (!One(text)) return false;
  while (One(text)) {
  }
  return true;
}

}  // namespace

bool take(std::string_view& text, std::string_view prefix) {
  if (!starts(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
bool drop(std::string_view& text, std::string_view suffix) {
  if (!ends(text, suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}
bool take_space(std::string_view& text) {
  return take_one<is_space>(text);
}
bool take_spaces(std::string_view& text) {
  return many<take_one<is_space>>(text);
}
bool take_digits(std::string_view& text) {
  return many<take_one<is_digit>>(text);
}
bool drop_space(std::string_view& text) {
  return drop_one<is_space>(text);
}
bool drop_spaces(std::string_view& text) {
  return many<drop_one<is_space>>(text);
}
bool drop_digits(std::string_view& text) {
  return many<drop_one<is_digit>>(text);
}

std::string_view left_stripped(std::string_view text) {
  take_spaces(text);
  return text;
}
std::string_view right_stripped(std::string_view text) {
  drop_spaces(text);
  return text;
}
std::string_view stripped(std::string_view text) {
  return left_stripped(right_stripped(text));
}

std::size_t indentation(std::string_view line) {
  std::size_t depth = 0;
  while (take_space(line)) ++depth;
  return depth;
}

std::string_view Fields::next() {
  take_spaces(rest_);
  std::size_t end = 0;
  while (end < rest_.size()) {
    const auto byte = static_cast<unsigned char>(rest_[end]);
    if (byte < 0x80) {
      if (is_ascii_space(rest_[end])) break;
      ++end;
      continue;
    }
    const Character character = first_character(rest_.substr(end));
    if (is_space(character.point)) break;
    end += character.length;
  }
  const std::string_view field = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return field;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const auto at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == kNone) return pieces;
    text.remove_prefix(at + separator.size());
  }
}

std::string_view before(std::string_view text, std::string_view separator) {
  return text.substr(0, text.find(separator));
}
std::string_view after(std::string_view text, std::string_view separator) {
  const auto at = text.find(separator);
  return at == kNone ? text : text.substr(at + separator.size());
}
std::string_view after_last(std::string_view text, std::string_view separator) {
  const auto at = text.rfind(separator);
  return at == kNone ? text : text.substr(at + separator.size());
}
std::string_view before_last(std::string_view text, std::string_view separator) {
  return text.substr(0, text.rfind(separator));
}

std::optional<Parenthesised> parenthesised(std::string_view text) {
  if (!drop(text, ")")) return {};
  auto at = text.rfind(" (");
  if (at != kNone && at + 2 == text.size()) at = at == 0 ? kNone : text.rfind(" (", at - 1);
  if (at == kNone || at == 0) return {};
  return Parenthesised{text.substr(0, at), text.substr(at + 2)};
}

std::string collapsed(std::string_view text) {
  std::string out;
  Fields fields(text);
  for (auto field = fields.next(); !field.empty(); field = fields.next()) {
    if (!out.empty()) out += ' ';
    out += field;
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (;;) {
    const auto at = text.find(from);
    out += text.substr(0, at);
    if (at == kNone) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

std::string joined(const std::vector<std::string_view>& parts, std::string_view last,
                   std::string_view separator) {
  std::string out;
  for (const auto part : parts) {
    out += part;
    out += separator;
  }
  out += last;
  return out;
}

std::string without_ansi(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const auto escape = text.find('\x1B');
    out += text.substr(0, escape);
    if (escape == kNone) return out;
    text.remove_prefix(escape);
    std::size_t length = 2;
    const char kind = text.size() > 1 ? text[1] : '\0';
    bool sequence = kind >= '@' && kind <= '_' && kind != '[';
    if (kind == '[') {
      while (length < text.size() && text[length] >= '0' && text[length] <= '?') ++length;
      while (length < text.size() && text[length] >= ' ' && text[length] <= '/') ++length;
      sequence = length < text.size() && text[length] >= '@' && text[length] <= '~';
      ++length;
    }
    if (!sequence) {
      out += '\x1B';
      length = 1;
    }
    text.remove_prefix(length);
  }
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  const auto newline = text.rfind('\n', at - 1);
  return newline == kNone ? 0 : newline + 1;
}
std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.size(), text.find('\n', at));
}

void IndentedSuites::enter(std::string_view line) {
  const std::size_t depth = indentation(line);
  if (depth == 0) return;
  while (!depths_.empty() && depths_.back() >= depth) {
    depths_.pop_back();
    names_.pop_back();
  }
  depths_.push_back(depth);
  names_.push_back(stripped(line));
}

std::string IndentedSuites::name_of(std::string_view test) const {
  return joined(names_, test, " - ");
}

}  // namespace weir::logs
