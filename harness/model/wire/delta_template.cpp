#include "harness/model/wire/delta_template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

enum class Letters { plain, escaped, other };

/// What a JSON string's inside consists of: bytes that stand for themselves,
/// escapes too, or something only a parser should judge.
Letters letters_of(std::string_view inside) {
  Letters found = Letters::plain;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const auto byte = static_cast<unsigned char>(inside[i]);
    if (byte == '"' || byte < 0x20) return Letters::other;
    if (byte == '\\') {
      ++i;  // whatever it escapes is not the end
      found = Letters::escaped;
    } else if (byte >= 0x80) {
      found = Letters::escaped;  // the parser judges its UTF-8
    }
  }
  return found;
}

/// The string at `quote`, closing quote included; npos if it does not end.
std::size_t closing_quote(std::string_view event, std::size_t quote) {
  for (std::size_t i = quote + 1; i < event.size(); ++i) {
    if (event[i] == '\\') {
      ++i;
    } else if (event[i] == '"') {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

void DeltaTemplate::learn(std::string_view event, std::string_view key, std::string_view text) {
  forget();
  // Within a string every quote is escaped: the key in quotes is the key itself,
  // or a string that says just that.
  const std::string pattern = '"' + std::string(key) + '"';
  const auto at = event.find(pattern);
  if (at == std::string_view::npos || event.find(pattern, at + 1) != std::string_view::npos) return;
  const std::size_t open = event.find('"', at + pattern.size());
  const auto between = event.substr(at + pattern.size(), open - at - pattern.size());
  if (open == std::string_view::npos || between.find_first_not_of(": ") != std::string_view::npos) {
    return;
  }
  const std::size_t close = closing_quote(event, open);
  if (close == std::string_view::npos) return;
  const auto held = nlohmann::json::parse(event.substr(open, close - open + 1), nullptr, false);
  if (!held.is_string() || held.get_ref<const std::string&>() != text) return;
  prefix_ = event.substr(0, open + 1);
  suffix_ = event.substr(close);
}

std::optional<std::string_view> DeltaTemplate::match(std::string_view event) {
  if (prefix_.empty() || event.size() < prefix_.size() + suffix_.size()) return {};
  if (event.substr(event.size() - suffix_.size()) != suffix_) return {};
  if (event.substr(0, prefix_.size()) != prefix_) return {};
  const auto inside =
      event.substr(prefix_.size(), event.size() - prefix_.size() - suffix_.size());
  switch (letters_of(inside)) {
    case Letters::plain: return inside;
    case Letters::other: return {};
    case Letters::escaped: break;
  }
  const auto whole = event.substr(prefix_.size() - 1, inside.size() + 2);  // with its quotes
  auto parsed = nlohmann::json::parse(whole, nullptr, false);
  if (!parsed.is_string()) return {};
  text_ = std::move(parsed.get_ref<std::string&>());
  return text_;
}

}  // namespace weir
