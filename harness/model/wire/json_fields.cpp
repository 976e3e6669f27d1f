#include "harness/model/wire/json_fields.hpp"

#include <cstdlib>

#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// The code unit of an escape "\uXXXX" at `at`; -1 if there is none.
int unit_at(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  const std::string digits(text.substr(at + 2, 4));
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return -1;
  return static_cast<int>(std::strtol(digits.c_str(), nullptr, 16));
}

bool is_high(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// Escaped surrogates that stand alone, replaced.
std::string without_lone_surrogates(std::string text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') continue;
    const int unit = unit_at(text, at);
    if (is_high(unit) && is_low(unit_at(text, at + 6))) {
      at += 11;
    } else if (is_high(unit) || is_low(unit)) {
      text.replace(at, 6, "\\ufffd");
      at += 5;
    } else {
      ++at;  // the escaped character
    }
  }
  return text;
}

}  // namespace

json parse_json(std::string_view text) {
  json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_discarded()) return parsed;
  return json::parse(without_lone_surrogates(to_utf8(text)), nullptr, false);
}

std::string dump_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string object_arguments(const std::string& arguments) {
  if (json::parse(arguments, nullptr, false).is_object()) return arguments;
  return dump_text({{"malformed_arguments", arguments}});
}

std::string text_field(const json& object, const char* key) {
  const json& value = field(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::int64_t> count_field(const json& object, const char* key) {
  const json& value = field(object, key);
  if (!value.is_number_integer()) return {};
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return {};
  const auto number = value.get<std::int64_t>();
  return number < 0 ? std::nullopt : std::optional(number);
}

const json& field(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

}  // namespace weir
