// jest by files ("PASS a.test.js (3 s)"), and calypso's tree of suites.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Digits and dots, one or more.
bool take_number(std::string_view& text) {
  const std::size_t size = text.size();
  while (take(text, ".") || take_digits(text)) {
  }
  return text.size() < size;
}

/// Where the last " (1.5UNIT)" of a line begins; npos if there is none.
enum class Unit { milliseconds, spaced_seconds, seconds };
std::size_t last_time(std::string_view line, Unit unit) {
  for (auto at = line.rfind('('); at != kNone && at > 0; at = line.rfind('(', at - 1)) {
    std::string_view head = line.substr(0, at);
    std::string_view time = line.substr(at + 1);
    if (!drop_space(head) || !take_number(time)) continue;
    if (unit == Unit::spaced_seconds && !take_space(time)) continue;
    if (take(time, unit == Unit::milliseconds ? "ms)" : "s)")) return head.size();
  }
  return kNone;
}

std::string_view without_time(std::string_view name) {
  for (const Unit unit : {Unit::milliseconds, Unit::spaced_seconds, Unit::seconds}) {
    const auto at = last_time(name, unit);
    if (at != kNone) return name.substr(0, at);
  }
  return name;
}

/// Without " (1.5 s)" at the end.
std::string_view without_last_time(std::string_view name) {
  std::string_view rest = name;
  if (!drop(rest, "ms)") && !drop(rest, "s)")) return name;
  drop_space(rest);
  const std::size_t size = rest.size();
  while (drop(rest, ".") || drop_digits(rest)) {
  }
  return rest.size() < size && drop(rest, "(") && drop_space(rest) ? rest : name;
}

/// Every line that begins with `word` and white space; the name may stand on the next.
void read_files(std::string_view log, std::string_view word, const char* status,
                TestStatuses& statuses) {
  std::string_view rest = log;
  for (;;) {
    std::string_view name = rest;
    std::size_t end = line_end(rest, 0);
    if (take(name, word) && take_space(name)) {
      end = line_end(rest, rest.size() - name.size());
      name = name.substr(0, end - (rest.size() - name.size()));
      statuses[without_last_time(stripped(name))] = status;
    }
    if (end == rest.size()) return;
    rest.remove_prefix(end + 1);
  }
}

/// What follows a mark, without "(12ms)" at the end.
std::string_view calypso_test(std::string_view line, std::string_view mark) {
  const bool timed = [&] {
    for (auto at = line.find('('); at != kNone; at = line.find('(', at + 1)) {
      std::string_view time = line.substr(at + 1);
      if (take_digits(time) && starts(time, "ms)")) return true;
    }
    return false;
  }();
  std::string_view name = line;
  bool ok = take_spaces(name) && take(name, mark) && take_space(name);
  if (ok && timed) ok = drop(name, "ms)") && drop_digits(name) && drop(name, "(");
  if (!ok) throw ParserFailed("a line of a test has no name: " + std::string(line.substr(0, 80)));
  return name;
}

}  // namespace

/// carbon and react-pdf: one test a file.
TestStatuses parse_jest_files(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    const bool passed = take(line, "PASS");
    if (!passed && !take(line, "FAIL")) continue;
    if (take_space(line)) statuses[without_time(line)] = passed ? "PASSED" : "FAILED";
  }
  return statuses;
}

/// Failures first, so that a file that is in both has passed.
TestStatuses parse_grommet(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  read_files(log, "FAIL", "FAILED", statuses);
  read_files(log, "PASS", "PASSED", statuses);
  return statuses;
}

/// After each traced jest command, up to its first failure's report or its summary.
TestStatuses parse_calypso(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  NameBudget budget;
  IndentedSuites suites;
  const auto runs = split(log, " ./node_modules/.bin/jest ");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    Lines lines(runs[i]);
    for (std::string_view line; lines.next(line);) {
      if (starts(line, "Test Suites") || starts(line, "  ● ")) break;
      const auto bare = left_stripped(line);
      const bool passed = starts(bare, "✓");
      if (!passed && !starts(bare, "✕")) {
        suites.enter(line);
        continue;
      }
      const auto test = calypso_test(line, passed ? "✓" : "✕");
      const std::string name =
          suites.names().empty() ? " - " + std::string(test) : suites.name_of(test);
      statuses[stripped(budget.spend(name))] = passed ? "PASSED" : "FAILED";
    }
  }
  return statuses;
}

}  // namespace weir::logs
