#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/test_statuses.hpp"

namespace weir {

struct StrictLog;
namespace strict {
struct Output;
}

/// What a parser makes of a log.
struct ParsedLog {
  TestStatuses statuses;
  std::string failure;  ///< why the official parser raises an error here; "" if it does not
};

/// One log parser. Names are the official registry's, without `parse_log_`.
/// Parsing is linear in the log, safe on any bytes and pure.
struct LogParser {
  std::string_view name;
  logs::Parse* run;                                          ///< see read
  StrictLog (*read_strictly)(const strict::Output& output);  ///< see read_strict_log
  /// Whether the log holds the runner's own closing summary, where it has one: a
  /// log of passes that just stops was not written by a runner that finished.
  bool (*complete)(std::string_view log);

  /// The official map of a log, and never more than that: quirks included. The log is
  /// text (official_text): newlines are "\n", invalid UTF-8 is replaced.
  [[nodiscard]] ParsedLog read(std::string_view log, const LogSource& source = {}) const;
  /// The same, with no statuses where the official parser fails.
  [[nodiscard]] TestStatuses parse(std::string_view log, const LogSource& source = {}) const;
};

[[nodiscard]] const std::vector<LogParser>& log_parsers();

/// By name, with or without the prefix `parse_log_`; nullptr if unknown.
[[nodiscard]] const LogParser* find_log_parser(std::string_view name);

/// The name of a grader that reads no log: the one test "exit_code" passes iff
/// the test command exits 0.
inline constexpr std::string_view kExitCodeParser = "exit_code";

}  // namespace weir
