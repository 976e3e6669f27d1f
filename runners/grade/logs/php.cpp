// phpunit --testdox.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

/// "Suite name (Class\Name)": at least two characters, the first of a word.
std::optional<std::string_view> suite_of(std::string_view line) {
  const Character first = first_character(line);
  if (!is_word(first.point)) return {};
  const auto parts = parenthesised(line);
  if (!parts || parts->name.size() <= first.length) return {};
  return parts->name;
}

}  // namespace

/// Below the line of its suite, "✔ test" (or ✘, ↩).
TestStatuses parse_phpunit(std::string_view log, const LogSource&) {
  TestStatuses statuses;
  NameBudget budget;
  std::string_view suite = "None";
  Lines lines(log);
  for (std::string_view line; lines.next(line);) {
    if (const auto found = suite_of(line)) {
      suite = *found;
      continue;
    }
    line = left_stripped(line);
    const bool passed = take(line, "✔");
    const bool failed = !passed && take(line, "✘");
    if (!passed && !failed && !take(line, "↩")) continue;
    statuses[budget.spend(joined({suite}, left_stripped(line), " > "))] = passed   ? "PASSED"
                                                                          : failed ? "FAILED"
                                                                                   : "SKIPPED";
  }
  return statuses;
}

}  // namespace weir::logs
