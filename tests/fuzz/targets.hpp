#pragma once

#include <cstdlib>
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

/// A property that must hold; aborts so that any driver sees it.
inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Those of what reads tasks, in a file of their own.
[[nodiscard]] std::vector<Target> task_targets();

/// A target in a file of its own: every log parser in both modes and the official
/// verdict, begun from a log of each.
void logs(std::string_view bytes);
[[nodiscard]] std::vector<std::string> log_seeds();

}  // namespace weir::fuzz
