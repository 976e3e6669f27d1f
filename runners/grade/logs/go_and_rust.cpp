// go test and cargo test.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {

/// "--- PASS: TestX (0.01s)"; subtests are indented and count too.
TestStatuses parse_gotest(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    if (!take(line, "--- ")) continue;
    const bool passed = take(line, "PASS: ");
    const bool failed = !passed && take(line, "FAIL: ");
    if (!passed && !failed && !take(line, "SKIP: ")) continue;
    if (const auto parts = parenthesised(line)) {
      statuses[parts->name] = passed ? "PASSED" : failed ? "FAILED" : "SKIPPED";
    }
  }
  return statuses;
}

/// "test NAME ... ok": four fields, no more.
TestStatuses parse_cargo(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = left_stripped(line);
    if (!starts(line, "test")) continue;
    Fields fields(line);
    if (fields.next() != "test") continue;
    const auto name = fields.next();
    if (fields.next() != "...") continue;
    const auto outcome = fields.next();
    if (!fields.next().empty()) continue;
    if (outcome == "ok") statuses[name] = "PASSED";
    if (outcome == "FAILED") statuses[name] = "FAILED";
  }
  return statuses;
}

}  // namespace weir::logs
