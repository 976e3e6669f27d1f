#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/terminal_task.hpp"

namespace weir {

/// A task.yaml of the old Terminal-Bench with the format's own defaults.
struct BenchTask {
  std::string instruction;
  std::string difficulty;  ///< easy | medium | hard | unknown
  std::string author_name = "unknown";
  std::string author_email = "unknown";
  std::string category = "software_engineering";
  std::vector<std::string> tags;
  std::string parser_name = "pytest";
  milliseconds agent_timeout{360'000};
  milliseconds test_timeout{60'000};
  bool same_shell = false;
  bool disable_asciinema = false;
  std::map<std::string, double> estimates;  ///< by key: seconds or minutes, as the key says
  std::vector<std::string> unknown;         ///< "file:line: key = value"
};

/// Throws UserError "file:line: key: ...".
[[nodiscard]] BenchTask read_bench_task(std::string_view text, const std::string& file);

}  // namespace weir
