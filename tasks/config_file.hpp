#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace weir {

/// A TOML file as JSON values that remember the line they stood on. The only
/// code that knows the TOML library. Dates and times become RFC 3339 strings.
/// A plain value; safe to share once read.
struct ConfigFile {
  std::filesystem::path path;
  std::string text;                  ///< the bytes as read; digested for identity
  nlohmann::json root;               ///< an object
  std::map<std::string, int> lines;  ///< JSON pointer -> line, from 1

  /// Reads and parses. Throws UserError "file:line: cause".
  static ConfigFile read(const std::filesystem::path& path);
  /// The same from text already in hand; `path` is for messages.
  static ConfigFile parse(const std::filesystem::path& path, std::string text);

  /// "file.toml:12", or the file alone when the pointer is not known.
  [[nodiscard]] std::string where(const std::string& pointer) const;
};

}  // namespace weir
