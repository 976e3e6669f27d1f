#include "tasks/row_keys.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tasks/nearest.hpp"

namespace weir {

using nlohmann::json;

namespace {

std::vector<std::string> keys_of(const json& row) {
  std::vector<std::string> keys;
  for (const auto& [name, value] : row.items()) keys.push_back(name);
  return keys;
}

[[noreturn]] void fail_missing(const json& row, const std::string& key) {
  const std::string meant = nearest(key, keys_of(row));
  throw KeyError(key,
                 meant.empty() ? "is missing" : fmt::format("is missing; is it \"{}\"?", meant));
}

[[noreturn]] void fail_type(const std::string& key, const json& value, const char* expected) {
  throw KeyError(key, fmt::format("must be {}, not {}", expected, value.type_name()));
}

}  // namespace

const json& value_at(const json& row, const std::string& key) {
  static const json kNothing;
  const auto found = row.find(key);
  return found == row.end() ? kNothing : *found;
}

void reject_near(const json& row, const std::string& key) {
  constexpr std::size_t kSlip = 2;  // edits
  if (!nearest(key, keys_of(row), kSlip).empty()) fail_missing(row, key);
}

std::string required_text(const json& row, const std::string& key) {
  if (!row.contains(key)) fail_missing(row, key);
  const json& value = row.at(key);
  if (!value.is_string()) fail_type(key, value, "a string");
  return value.get<std::string>();
}

std::optional<std::string> optional_text(const json& row, const std::string& key) {
  const json& value = value_at(row, key);
  if (value.is_null()) return {};
  if (!value.is_string()) fail_type(key, value, "a string");
  return value.get<std::string>();
}

std::string script_text(const json& row, const std::string& key) {
  const json& value = value_at(row, key);
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) fail_type(key, value, "a list of strings");
  std::string script;
  for (const auto& line : value) {
    if (!line.is_string()) fail_type(key, value, "a list of strings");
    script += line.get_ref<const std::string&>() + "\n";
  }
  return script;
}

}  // namespace weir
