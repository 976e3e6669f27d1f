#include "tasks/config_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
using nlohmann::json;

ConfigTable::ConfigTable(const ConfigFile& file) : ConfigTable(file, "", file.root) {}

ConfigTable::ConfigTable(const ConfigFile& file, std::string pointer, const json& value)
    : file_(&file), pointer_(std::move(pointer)), value_(&value) {}

const json* ConfigTable::find(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const auto found = value_->find(key);
  return found == value_->end() ? nullptr : &*found;
}

/// "file.toml:12: [table] key"
std::string ConfigTable::place_of(const std::string& key) const {
  std::string table = pointer_.empty() ? "" : pointer_.substr(1);
  std::replace(table.begin(), table.end(), '/', '.');
  return fmt::format("{}: {}{}", file_->where(pointer_ + "/" + key),
                     table.empty() ? "" : "[" + table + "] ", key);
}

void ConfigTable::fail(const std::string& key, const std::string& message) const {
  throw UserError(fmt::format("{}: {}", place_of(key), message));
}

std::optional<std::string> ConfigTable::text(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) fail(key, "must be a string");
  return value->get<std::string>();
}

std::optional<double> ConfigTable::number(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_number()) fail(key, "must be a number");
  return value->get<double>();
}

std::optional<std::int64_t> ConfigTable::integer(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_number_integer()) fail(key, "must be a whole number");
  return value->get<std::int64_t>();
}

std::optional<bool> ConfigTable::flag(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_boolean()) fail(key, "must be true or false");
  return value->get<bool>();
}

std::optional<milliseconds> ConfigTable::duration(const std::string& key) {
  const auto written = text(key);
  if (!written) return {};
  const auto parsed = parse_duration(*written);
  if (!parsed) fail(key, fmt::format("\"{}\" is not a duration like \"60s\" or \"30m\"", *written));
  return parsed;
}

std::optional<std::int64_t> ConfigTable::bytes(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (value->is_number_integer()) return value->get<std::int64_t>();
  const auto parsed = value->is_string() ? parse_bytes(value->get<std::string>()) : std::nullopt;
  if (!parsed) fail(key, "must be a size like \"512M\" or \"2G\"");
  return parsed;
}

std::optional<TimePoint> ConfigTable::time(const std::string& key) {
  const auto written = text(key);
  if (!written) return {};
  const auto parsed = parse_time(*written);
  if (!parsed) fail(key, fmt::format("\"{}\" is not a time like 2026-05-01T00:00:00Z", *written));
  return parsed;
}

std::vector<std::string> ConfigTable::texts(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  std::vector<std::string> out;
  if (!value->is_array()) fail(key, "must be a list of strings");
  for (const auto& item : *value) {
    if (!item.is_string()) fail(key, "must be a list of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<double> ConfigTable::numbers(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  std::vector<double> out;
  if (!value->is_array()) fail(key, "must be a list of numbers");
  for (const auto& item : *value) {
    if (!item.is_number()) fail(key, "must be a list of numbers");
    out.push_back(item.get<double>());
  }
  return out;
}

std::optional<ConfigTable> ConfigTable::table(const std::string& key) {
  const json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_object()) fail(key, "must be a table");
  return ConfigTable(*file_, pointer_ + "/" + key, *value);
}

std::vector<ConfigTable> ConfigTable::tables(const std::string& key) {
  const json* value = find(key);
  std::vector<ConfigTable> out;
  if (value == nullptr) return out;
  if (!value->is_array()) fail(key, "must be a list of tables");
  for (std::size_t i = 0; i < value->size(); ++i) out.push_back(element(key, i));
  return out;
}

ConfigTable ConfigTable::element(const std::string& key, std::size_t index) {
  const json* value = find(key);
  const bool table = value != nullptr && value->is_array() && index < value->size() &&
                     (*value)[index].is_object();
  if (!table) fail(key, "must be a list of tables");
  return {*file_, fmt::format("{}/{}/{}", pointer_, key, index), (*value)[index]};
}

std::optional<std::filesystem::path> ConfigTable::path(const std::string& key) {
  const auto written = text(key);
  if (!written) return {};
  return (file_->path.parent_path() / *written).lexically_normal();
}

json ConfigTable::raw(const std::string& key) {
  const json* value = find(key);
  return value == nullptr ? json() : *value;
}

std::vector<std::string> ConfigTable::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, unused] : value_->items()) out.push_back(key);
  return out;
}

std::vector<std::string> ConfigTable::unknown() const {
  std::vector<std::string> out;
  const std::size_t folder = file_->path.string().size() - file_->path.filename().string().size();
  for (const auto& [key, value] : value_->items()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    out.push_back(fmt::format("{} = {}", place_of(key).substr(folder), value.dump()));
  }
  return out;
}

void ConfigTable::reject_unknown() const {
  for (const auto& key : keys()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      fail(key, "unknown key" + did_you_mean(key, known_));
    }
  }
}

}  // namespace weir
