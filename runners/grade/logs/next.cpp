// The two formats of alibaba-fusion/next: karma's tree behind xvfb-run, and cypress.

#include "runners/grade/logs/parsers.hpp"
#include "runners/grade/logs/text.hpp"

namespace weir::logs {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Without what stands between "AssertionError: #" and the next empty line.
std::string without_assertions(std::string_view log) {
  constexpr std::string_view kError = "AssertionError:";
  std::string out;
  for (auto at = log.find(kError); at != kNone; at = log.find(kError)) {
    std::string_view rest = log.substr(at + kError.size());
    const bool block = take_spaces(rest) && take(rest, "#");
    const auto end = block ? rest.find("\n\n") : kNone;
    if (block && end == kNone) break;
    out += log.substr(0, block ? at : at + kError.size());
    log.remove_prefix(block ? log.size() - rest.size() + end + 2 : at + kError.size());
  }
  return out += log;
}

bool is_noise(std::string_view line) {
  line = left_stripped(line);
  for (const std::string_view word : {"ERROR", "LOG", "WARN", "Check", "in"}) {
    if (starts(line, word)) return true;
  }
  return false;
}

TestStatuses parse_karma_tree(std::string_view log) {
  TestStatuses statuses;
  NameBudget budget;
  IndentedSuites suites;
  const std::string plain = without_assertions(without_ansi(log));
  const auto runs = split(plain, " xvfb-run ");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    Lines lines(after_last(runs[i], "Starting browser Chrome"));
    for (std::string_view line; lines.next(line);) {
      if (starts(line, "TOTAL")) break;
      if (is_noise(line)) continue;
      const bool failed = contains(line, "✗");
      if (failed || contains(line, "✓")) {
        const auto test = left_stripped(after(line, failed ? "✗" : "✓"));
        statuses[budget.spend(suites.name_of(test))] = failed ? "FAILED" : "PASSED";
      } else {
        suites.enter(line);
      }
    }
  }
  return statuses;
}

/// "Running: FILE (1 of 2)", two empty lines, "  SUITE": what precedes it, whose suite
/// it is, and where its tests begin.
struct SuiteHeading {
  std::size_t begin;
  std::size_t end;
  std::string_view suite;
};
std::optional<SuiteHeading> next_heading(std::string_view log, std::size_t from, Next& newline) {
  constexpr std::string_view kRunning = "Running:";
  for (auto at = log.find(kRunning, from); at != kNone; at = log.find(kRunning, at + 1)) {
    const std::size_t line = newline.from(at);
    if (line == kNone) return {};
    std::string_view rest = log.substr(line);
    if (log[line - 1] != ')' || !take(rest, "\n\n\n") || !take_space(rest) || !take_space(rest)) {
      continue;
    }
    const auto end = rest.find('\n');
    if (end == kNone) return {};
    return SuiteHeading{at, log.size() - rest.size() + end + 1, rest.substr(0, end)};
  }
  return {};
}

/// The lines of a piece that begin with four white spaces and a mark; `take_mark` eats it.
/// White space may be newlines.
template <class TakeMark, class Keep>
void read_indented(std::string_view piece, TakeMark&& take_mark, Keep&& keep) {
  for (;;) {
    std::string_view test = piece;
    std::size_t end = line_end(piece, 0);
    if (take_space(test) && take_space(test) && take_space(test) && take_space(test) &&
        take_mark(test) && take_space(test)) {
      const std::size_t stop = line_end(test, 0);
      if (keep(test.substr(0, stop))) end = piece.size() - test.size() + stop;
    }
    if (end == piece.size()) return;
    piece.remove_prefix(end + 1);
  }
}

TestStatuses parse_cypress(std::string_view log) {
  TestStatuses statuses;
  NameBudget budget;
  Next newline(log, "\n");
  auto heading = next_heading(log, 0, newline);
  while (heading) {
    const auto following = next_heading(log, heading->end, newline);
    const std::size_t stop = following ? following->begin : log.size();
    const auto piece = log.substr(heading->end, stop - heading->end);
    const auto name = [&](std::string_view test) {
      return budget.spend(joined({heading->suite}, stripped(test), ": "));
    };
    read_indented(
        piece, [](std::string_view& test) { return take_digits(test) && take(test, ")"); },
        [&](std::string_view test) {
          statuses[name(test)] = "FAILED";
          return true;
        });
    read_indented(
        piece, [](std::string_view& test) { return take(test, "✓"); },
        [&](std::string_view test) {
          const auto bracket = test.rfind('(');
          if (bracket == kNone) return false;
          statuses[name(test.substr(0, bracket))] = "PASSED";
          return true;
        });
    heading = following;
  }
  return statuses;
}

}  // namespace

TestStatuses parse_next(std::string_view log, const LogSource& source) {
  if (source.version == "1.27") return parse_cypress(log);
  TestStatuses statuses = parse_karma_tree(log);
  return statuses.empty() && source.version.empty() ? parse_cypress(log) : statuses;
}

}  // namespace weir::logs
