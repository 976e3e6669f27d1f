// jest, vitest and TAP: a mark, then a name.

#include "runners/grade/logs/duration.hpp"
#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

struct Marks {
  std::string_view passed;
  std::string_view failed;
  std::string_view skipped;
};

/// Calls `keep(rest, status)` for each line of a mark, one space and a rest.
template <class Keep>
void read_marked(std::string_view log, const Marks& marks, const Keep& keep) {
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const bool passed = take(line, marks.passed);
    const bool failed = !passed && take(line, marks.failed);
    if (!passed && !failed && (marks.skipped.empty() || !take(line, marks.skipped))) continue;
    if (take_space(line)) keep(line, passed ? "PASSED" : failed ? "FAILED" : "SKIPPED");
  }
}

}  // namespace

/// "✓ NAME (3 ms)" of --verbose.
TestStatuses parse_jest(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  read_marked(log, {"✓", "✕", "○"}, [&](auto rest, auto status) {
    statuses[stripped(without_bracketed_duration(rest))] = status;
  });
  return statuses;
}

/// "[PASSED] NAME", as instances print jest's JSON.
TestStatuses parse_jest_json(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  read_marked(log, {"[PASSED]", "[FAILED]", ""},
              [&](auto rest, auto status) { statuses[rest] = status; });
  return statuses;
}

/// "✓ NAME 3ms" of --reporter=verbose.
TestStatuses parse_vitest(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  read_marked(log, {"✓", "×", "↓"},
              [&](auto rest, auto status) { statuses[without_bare_duration(rest)] = status; });
  return statuses;
}

/// "ok 1 NAME"; directives stay in the name.
TestStatuses parse_tap(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    line = stripped(line);
    const bool failed = take(line, "not ok ");
    if (!failed && !take(line, "ok ")) continue;
    if (!take_digits(line) || !take(line, " ") || line.empty()) continue;
    statuses[line] = failed ? "FAILED" : "PASSED";
  }
  return statuses;
}

/// Its instances use two formats, by the number in their ids.
TestStatuses parse_immutable_js(std::string_view log, const LogSource& source) {
  if (source.instance_id.empty()) {
    TestStatuses statuses = parse_jest(log, source);
    return statuses.empty() ? parse_jest_json(log, source) : statuses;
  }
  const auto number = after_last(source.instance_id, "-");
  if (number == "2006") return parse_jest(log, source);
  if (number == "2005") return parse_jest_json(log, source);
  throw ParserFailed("no format is known of instance " + std::string(source.instance_id));
}

}  // namespace weir::logs
