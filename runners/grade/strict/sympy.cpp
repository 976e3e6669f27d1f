// sympy's own runner: letters behind names, file by file.

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counts.hpp"
#include "runners/grade/strict/readers.hpp"
#include "runners/grade/strict/tally.hpp"

namespace weir::strict {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string_view status_of(std::string_view letter) {
  if (letter == "ok") return "PASSED";
  if (letter == "F") return "FAILED";
  if (letter == "E") return "ERROR";
  if (letter == "f") return "XFAIL";
  if (letter == "X") return "XPASS";
  return letter == "s" ? "SKIPPED" : "";
}

/// "== tests finished: 4 passed, 1 exceptions, in 28.00 seconds ==".
std::optional<RunnerSummary> closing_of(std::string_view line) {
  const auto begin = line.find_first_not_of("= ");
  const auto end = line.find_last_not_of("= ");
  if (begin == kNone || begin == 0) return {};
  std::string_view list = line.substr(begin, end + 1 - begin);
  if (!logs::take(list, "tests finished: ")) return {};
  const auto in = list.rfind(", in ");
  if (in == kNone || !logs::ends(list, "seconds")) return {};
  using S = RunnerSummary;
  RunnerSummary none;
  none.passed = none.failed = none.errors = none.skipped = none.xfailed = none.xpassed = 0;
  return counts_before_words(list.substr(0, in), ", ",
                             {{"passed", &S::passed},
                              {"failed", &S::failed},
                              {"exceptions", &S::errors},
                              {"skipped", &S::skipped},
                              {"expected to fail", &S::xfailed},
                              {"expected to fail but passed", &S::xpassed}},
                             none);
}

/// The file of "sympy/a/tests/test_b.py[12] "; empty if the line names none.
std::string_view file_of(std::string_view line) {
  const auto open = line.rfind('[');
  const bool named =
      open != kNone && logs::ends(line, "]") && logs::ends(line.substr(0, open), ".py");
  return named ? line.substr(0, open) : std::string_view();
}

}  // namespace

StrictLog read_sympy(const Output& output) {
  const std::string plain = logs::without_ansi(output.text);
  Tally tally;
  std::string_view file;
  logs::Lines lines(plain);
  for (std::string_view line; lines.next(line);) {
    line = logs::stripped(line);
    if (const auto counts = closing_of(line)) tally.close(*counts);
    if (const auto next = file_of(line); !next.empty()) file = next;
    if (!logs::starts(line, "test_")) continue;
    logs::Fields fields(line);
    const auto test = fields.next();
    const auto status = status_of(fields.next());
    const auto verdict = fields.next();  // of the file, behind its last test
    const bool ends = verdict.empty() || verdict == "[OK]" || verdict == "[FAIL]";
    if (!status.empty() && ends) tally.list(test, status, file);
  }
  return tally.finish(Tally::Closing::always, Tally::Listing::partial);
}

}  // namespace weir::strict
