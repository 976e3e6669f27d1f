#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace weir {

/// A YAML file as JSON values. The only code that knows the YAML library. Every scalar is
/// the text it was written as (`1.0`, `no` and a date too), but for null: a reader of
/// foreign metadata wants what stands there. A plain value.
struct YamlFile {
  std::filesystem::path path;
  nlohmann::json root;               ///< an object
  std::map<std::string, int> lines;  ///< of the outermost keys, from 1

  /// Throws UserError "file:line: cause" for what is no mapping of distinct keys.
  static YamlFile read(const std::filesystem::path& path);
  /// The same from text already in hand; `path` is for messages.
  static YamlFile parse(const std::filesystem::path& path, const std::string& text);
};

}  // namespace weir
