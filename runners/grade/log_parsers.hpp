#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Test id -> PASSED | FAILED | SKIPPED | ERROR | XFAIL (or, as the official
/// parsers do, the word a line began with).
using TestStatuses = std::map<std::string, std::string>;

/// One log parser. Names are the official registry's, without `parse_log_`.
struct LogParser {
  std::string_view name;
  TestStatuses (*parse)(std::string_view log);
  /// Whether the log holds the runner's own closing summary, where it has one: a
  /// log of passes that just stops was not written by a runner that finished.
  bool (*complete)(std::string_view log);
};

[[nodiscard]] const std::vector<LogParser>& log_parsers();

/// By name, with or without the prefix `parse_log_`; nullptr if unknown.
[[nodiscard]] const LogParser* find_log_parser(std::string_view name);

/// The name of a grader that reads no log: the one test "exit_code" passes iff
/// the test command exits 0.
inline constexpr std::string_view kExitCodeParser = "exit_code";

}  // namespace weir
