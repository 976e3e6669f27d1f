#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// A place in somebody else's JSON file, read key by key. null is the same as absent.
/// Every wrong type is a UserError "file: results[3].task_id: is no text". Refers to the
/// value, which must outlive it. One thread.
class ForeignJson {
 public:
  ForeignJson(const nlohmann::json& value, std::string origin, std::string path = "");

  [[nodiscard]] const nlohmann::json& value() const { return *value_; }
  [[nodiscard]] bool is_null() const { return value_->is_null(); }

  /// The member `key`; a null one if there is none, or if this is null itself.
  [[nodiscard]] ForeignJson at(const std::string& key) const;
  /// The elements of a list; none if this is null.
  [[nodiscard]] std::vector<ForeignJson> elements() const;
  /// The members of an object with their keys, sorted; none if this is null.
  [[nodiscard]] std::vector<std::pair<std::string, ForeignJson>> members() const;

  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<bool> flag() const;
  [[nodiscard]] std::optional<double> number() const;       ///< finite
  [[nodiscard]] std::optional<std::int64_t> whole() const;  ///< from 0
  /// Tokens: a count in which 0 stands for "not reported", since no prompt is empty.
  [[nodiscard]] std::optional<std::int64_t> tokens() const;
  /// US dollars from 0, below a million.
  [[nodiscard]] std::optional<Picodollars> money() const;
  /// ISO 8601; without an offset it is taken as UTC.
  [[nodiscard]] std::optional<TimePoint> time() const;
  /// Text that must be there and not be empty.
  [[nodiscard]] std::string required_text() const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  const nlohmann::json* value_;
  std::string origin_;
  std::string path_;
};

/// ISO 8601 as other programs write it: parse_time(), or the same without an offset (UTC),
/// or a date alone.
[[nodiscard]] std::optional<TimePoint> parse_foreign_time(const std::string& text);

}  // namespace weir
