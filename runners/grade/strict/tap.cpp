// TAP: points against the plan.

#include <fmt/format.h>

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counts.hpp"
#include "runners/grade/strict/readers.hpp"
#include "runners/grade/strict/tally.hpp"

namespace weir::strict {
namespace {

using logs::take;

bool starts_directive(std::string_view text, std::string_view lower, std::string_view upper) {
  return logs::starts(text, lower) || logs::starts(text, upper);
}

/// The status of a point and its name without the directive.
struct Point {
  std::string_view name;
  std::string_view status;
};
Point point_of(std::string_view rest, bool ok) {
  const auto directive = rest.find(" # ");
  if (directive == std::string_view::npos) return {rest, ok ? "PASSED" : "FAILED"};
  const auto word = rest.substr(directive + 3);
  const auto name = rest.substr(0, directive);
  if (starts_directive(word, "skip", "SKIP")) return {name, "SKIPPED"};
  if (starts_directive(word, "todo", "TODO")) return {name, ok ? "XPASS" : "XFAIL"};
  return {rest, ok ? "PASSED" : "FAILED"};
}

/// "# pass 3" and the like.
void read_comment(std::string_view line, RunnerSummary& counts, bool& said) {
  using S = RunnerSummary;
  struct Word {
    std::string_view word;
    std::optional<int> S::*count;
  };
  for (const auto& [word, count] :
       {Word{"# tests ", &S::total}, Word{"# pass ", &S::passed}, Word{"# fail ", &S::failed},
        Word{"# skip ", &S::skipped}, Word{"# skipped ", &S::skipped}}) {
    std::string_view rest = line;
    if (!take(rest, word)) continue;
    rest = logs::left_stripped(rest);
    const auto number = take_count(rest);
    if (!number || !rest.empty()) continue;
    counts.*count = (counts.*count).value_or(0) + *number;
    said = true;
  }
}

}  // namespace

StrictLog read_tap(const Output& output) {
  Tally tally;
  RunnerSummary counts;
  bool said = false;
  std::optional<int> plan;
  int points = 0;  // of the outermost level
  int place = 0;   // of all: names may repeat
  logs::Lines lines(output.text);
  for (std::string_view line; lines.next(line);) {
    const bool nested = logs::indentation(line) > 0;
    line = logs::stripped(line);
    std::string_view rest = line;
    if (!nested && take(rest, "1..")) {
      if (const auto number = take_count(rest)) plan = plan.value_or(0) + *number;
    }
    if (!nested) read_comment(line, counts, said);
    rest = line;
    const bool ok = take(rest, "ok ");
    if ((!ok && !take(rest, "not ok ")) || !take_count(rest)) continue;
    rest = logs::left_stripped(rest);
    const auto [name, status] = point_of(rest, ok);
    tally.saw(name, status, std::to_string(++place));
    if (!nested) {
      tally.count(status);
      ++points;
    }
  }
  if (plan && points != *plan) {
    tally.contradict(fmt::format("the plan has {} tests, the log lists {}", *plan, points));
  }
  if (plan && !counts.total) counts.total = plan;
  if (plan || said) tally.close(counts);
  return tally.finish(Tally::Closing::always, Tally::Listing::partial);
}

}  // namespace weir::strict
