#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>

#include "tasks/error.hpp"

namespace weir {

// Reading the keys of one foreign JSON row.

/// A key of a row is missing or malformed: "key \"k\" <what>", without location. A missing
/// one is told with the one that may have been meant.
class KeyError : public UserError {
 public:
  KeyError(std::string name, const std::string& what)
      : UserError("key \"" + name + "\" " + what), key(std::move(name)) {}
  std::string key;
};

// All below throw KeyError.

/// Null if the key is missing.
[[nodiscard]] const nlohmann::json& value_at(const nlohmann::json& row, const std::string& key);

/// Throws if a key of `row` looks like a misspelt `key`.
void reject_near(const nlohmann::json& row, const std::string& key);

[[nodiscard]] std::string required_text(const nlohmann::json& row, const std::string& key);

/// Nothing for a missing key and for null.
[[nodiscard]] std::optional<std::string> optional_text(const nlohmann::json& row,
                                                       const std::string& key);

/// A list of strings, one string, or nothing, as the lines of a script.
[[nodiscard]] std::string script_text(const nlohmann::json& row, const std::string& key);

}  // namespace weir
