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

}  // namespace weir::fuzz
