#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::fuzz {

/// One parser of foreign text: must return or throw UserError on any bytes.
struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
  std::vector<std::string> seeds;
};

[[nodiscard]] const std::vector<Target>& targets();

/// A target in a file of its own: every log parser in both modes and the official
/// verdict, begun from a log of each.
void logs(std::string_view bytes);
[[nodiscard]] std::vector<std::string> log_seeds();

}  // namespace weir::fuzz
