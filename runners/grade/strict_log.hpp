#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/grade/log_parsers.hpp"

namespace weir {

/// What a runner says at its end of how many tests did what, summed where it ends
/// several times (a Go package, a Rust binary). What it does not say is unknown.
struct RunnerSummary {
  std::optional<int> passed;
  std::optional<int> failed;
  std::optional<int> skipped;
  std::optional<int> errors;
  std::optional<int> xfailed;
  std::optional<int> xpassed;
  std::optional<int> total;
  int closings = 0;  ///< how many closing words of the runner it was read from
};

/// A log read for what it says, beside the official parser's reading: whole ids,
/// no words that only begin like a status, and XPASS beside the five. Of one id
/// with several statuses the worst is kept.
struct StrictLog {
  TestStatuses statuses;
  std::optional<RunnerSummary> summary;  ///< nothing if the runner never closed
  /// Where the log cannot be the whole output of one run that ended, in words:
  ///  - tests are listed, and the runner's closing words are missing (runners that
  ///    always have some);
  ///  - tests are listed behind the last closing words;
  ///  - more passes (or failures, ...) are listed than the closing words count, or, of
  ///    pytest's short summary and of a TAP plan, fewer;
  ///  - one test has both passed and failed in one place;
  ///  - a Go package is "ok" with a failed test in it; a pytest session ends again
  ///    after it has ended.
  /// Empty says nothing against the log, not that it is genuine: whoever writes all of
  /// a log can make it agree with itself.
  std::vector<std::string> contradictions;
};

/// Reads a runner's output (official_text), or the slice of it between markers, by the
/// rules of the runner behind `parser`. For runners without a reader of their own the
/// statuses are the official parser's. Pure, linear, safe on any bytes.
[[nodiscard]] StrictLog read_strict_log(std::string_view text, const LogParser& parser,
                                        const LogSource& source = {});

}  // namespace weir
