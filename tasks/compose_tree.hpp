#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tasks/env_template.hpp"
#include "tasks/units.hpp"

namespace weir {

/// A compose file as values: variables replaced, merge keys (`<<`) merged. Scalars are text.
struct ComposeTree {
  nlohmann::json root;
  std::vector<std::string> missing;    ///< "services.a.image needs the host's NAME"
  std::vector<std::string> defaulted;  ///< "services.a.image takes the default of NAME"

  /// Throws UserError naming the file and where in it.
  static ComposeTree parse(const std::string& file, const std::string& text,
                           const HostLookup& value_of);
};

/// A value of it, and where it stands, for messages. A view; the tree outlives it. Every reader
/// throws UserError "file: services.a.key: cause".
class ComposeNode {
 public:
  ComposeNode(const nlohmann::json& value, std::string file, std::string place)
      : value_(&value), file_(std::move(file)), place_(std::move(place)) {}

  [[nodiscard]] bool is_map() const { return value_->is_object(); }
  [[nodiscard]] bool is_list() const { return value_->is_array(); }
  [[nodiscard]] bool is_text() const { return value_->is_string(); }

  /// Of a map: a key's value, unless it is missing or null. Marks the key as known.
  [[nodiscard]] std::optional<ComposeNode> find(const std::string& key);
  /// Of a map: every key with its value, null ones too. Null is an empty map.
  [[nodiscard]] std::vector<std::pair<std::string, ComposeNode>> entries() const;
  /// Of a list.
  [[nodiscard]] std::vector<ComposeNode> items() const;
  /// Keys of a map that nobody asked for, but for extensions (x-...).
  [[nodiscard]] std::vector<std::string> unknown() const;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool flag() const;
  [[nodiscard]] double number() const;
  /// A list of texts, or one alone.
  [[nodiscard]] std::vector<std::string> texts() const;
  /// A command: a list of words, or a text that is split as a shell would.
  [[nodiscard]] std::vector<std::string> words() const;
  /// A map of texts, or a list of NAME=value; a name alone, or null, has no value.
  [[nodiscard]] std::vector<std::pair<std::string, std::optional<std::string>>> pairs() const;
  /// "1m30s", "500ms".
  [[nodiscard]] milliseconds duration() const;
  /// "512m", "1.5gb", "1073741824".
  [[nodiscard]] std::int64_t bytes() const;

  [[noreturn]] void fail(const std::string& cause) const;

 private:
  const nlohmann::json* value_;
  std::string file_;
  std::string place_;
  std::set<std::string> known_;
};

}  // namespace weir
