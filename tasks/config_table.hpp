#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tasks/config_file.hpp"
#include "tasks/units.hpp"

namespace weir {

/// One table of a config file, read key by key. Every read names the key as
/// known; reject_unknown() then turns what is left into an error with a
/// suggestion. Every wrong type is a UserError with file, line and key.
/// Refers to its ConfigFile, which must outlive it. One thread at a time.
class ConfigTable {
 public:
  explicit ConfigTable(const ConfigFile& file);

  [[nodiscard]] std::optional<std::string> text(const std::string& key);
  [[nodiscard]] std::optional<double> number(const std::string& key);
  [[nodiscard]] std::optional<std::int64_t> integer(const std::string& key);
  [[nodiscard]] std::optional<bool> flag(const std::string& key);
  [[nodiscard]] std::optional<milliseconds> duration(const std::string& key);
  [[nodiscard]] std::optional<std::int64_t> bytes(const std::string& key);
  [[nodiscard]] std::optional<TimePoint> time(const std::string& key);
  [[nodiscard]] std::vector<std::string> texts(const std::string& key);
  [[nodiscard]] std::vector<double> numbers(const std::string& key);
  [[nodiscard]] std::optional<ConfigTable> table(const std::string& key);
  /// The tables of a list ([[key]]); none if it is absent.
  [[nodiscard]] std::vector<ConfigTable> tables(const std::string& key);
  /// The table at place `index` of a list.
  [[nodiscard]] ConfigTable element(const std::string& key, std::size_t index);
  /// A path, relative to the file's folder.
  [[nodiscard]] std::optional<std::filesystem::path> path(const std::string& key);
  /// The raw value; null if absent.
  [[nodiscard]] nlohmann::json raw(const std::string& key);

  [[nodiscard]] bool has(const std::string& key) const { return value_->contains(key); }
  /// Keys in the file's sorted order.
  [[nodiscard]] std::vector<std::string> keys() const;

  /// The keys nobody asked for: "file:line: [table] key = value", the file without its folder.
  [[nodiscard]] std::vector<std::string> unknown() const;

  /// Throws UserError for the first key nobody asked for.
  void reject_unknown() const;

  /// Throws UserError "file:line: [table] key: message".
  [[noreturn]] void fail(const std::string& key, const std::string& message) const;

 private:
  ConfigTable(const ConfigFile& file, std::string pointer, const nlohmann::json& value);
  const nlohmann::json* find(const std::string& key);
  [[nodiscard]] std::string place_of(const std::string& key) const;

  const ConfigFile* file_;
  std::string pointer_;
  const nlohmann::json* value_;
  std::vector<std::string> known_;
};

}  // namespace weir
