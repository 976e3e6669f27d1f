// unittest's verbose output, as Django's runner and others print it.

#include <algorithm>
#include <utility>

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counts.hpp"
#include "runners/grade/strict/readers.hpp"
#include "runners/grade/strict/tally.hpp"

namespace weir::strict {
namespace {

using logs::ends;
using logs::starts;
using logs::take;

constexpr auto kNone = std::string_view::npos;

/// The status a verdict means; empty if the text is none.
std::string_view status_of(std::string_view verdict) {
  if (verdict == "ok") return "PASSED";
  if (verdict == "FAIL") return "FAILED";
  if (verdict == "ERROR") return "ERROR";
  if (verdict == "expected failure") return "XFAIL";
  if (verdict == "unexpected success") return "XPASS";
  return starts(verdict, "skipped ") || verdict == "skipped" ? "SKIPPED" : "";
}

/// "test_x (tests.T)": how a test without a docstring is named.
bool is_method(std::string_view name) {
  const auto open = name.find(" (");
  return open != kNone && open > 0 && name.find(' ') == open && name.find(')') != kNone;
}

class Reader {
 public:
  void take_line(std::string_view line) {
    if (under_rule_ && take_heading(line)) return leave(line);
    if (starts(line, "Ran ")) take_total(line);
    if (total_ && take_end(line)) return leave(line);
    const auto whole = status_of(line);
    if (!whole.empty() && !open_.empty()) {
      rule(open_, whole);
      return leave(line);
    }
    const auto dots = line.find(" ... ");
    if (dots == kNone) return leave(line);
    open_ = line.substr(0, dots);
    open_place_ = is_method(open_) || !is_method(before_) ? std::string_view() : before_;
    // What a test prints may stand between its name and the verdict.
    auto status = status_of(line.substr(dots + 5));
    if (status.empty()) status = status_of(line.substr(line.rfind(" ... ") + 5));
    if (!status.empty()) rule(open_, status);
    leave(line);
  }

  StrictLog finish() { return tally_.finish(Tally::Closing::always, Tally::Listing::partial); }

 private:
  void leave(std::string_view line) {
    under_rule_ = line.size() >= 70 && line.find_first_not_of('=') == kNone;
    before_ = line;
  }

  /// Failures are counted by the headings of their reports; verdicts may be cut by output.
  void rule(std::string_view id, std::string_view status) {
    const bool reported = status == "FAILED" || status == "ERROR" || status == "XPASS";
    tally_.saw(id, status, open_place_);
    if (!reported) tally_.count(status);
    open_ = {};
  }

  bool take_heading(std::string_view line) {
    for (const auto& [word, status] :
         {std::pair<std::string_view, std::string_view>{"FAIL: ", "FAILED"},
          {"ERROR: ", "ERROR"},
          {"UNEXPECTED SUCCESS: ", "XPASS"}}) {
      if (!take(line, word)) continue;
      tally_.saw(line, status);
      if (status != "XPASS") tally_.count(status);
      return true;
    }
    return false;
  }

  void take_total(std::string_view line) {
    std::string_view rest = line.substr(4);
    const auto number = take_count(rest);
    if (number && (starts(rest, " test in ") || starts(rest, " tests in "))) total_ = number;
  }

  /// "OK (skipped=1)", "FAILED (failures=2, errors=1)".
  bool take_end(std::string_view line) {
    std::string_view rest = line;
    if (!take(rest, "OK") && !take(rest, "FAILED") && !take(rest, "NO TESTS RAN")) return false;
    if (!rest.empty() && (!take(rest, " (") || !logs::drop(rest, ")"))) return false;
    RunnerSummary counts;
    counts.failed = counts.errors = counts.skipped = counts.xfailed = counts.xpassed = 0;
    counts.total = total_;
    while (!rest.empty()) {
      std::string_view item = logs::before(rest, ", ");
      rest.remove_prefix(std::min(rest.size(), item.size() + 2));
      const auto equals = item.find('=');
      if (equals == kNone) return false;
      std::string_view number = item.substr(equals + 1);
      note(counts, item.substr(0, equals), take_count(number).value_or(0));
    }
    total_.reset();
    tally_.close(counts);
    return true;
  }

  static void note(RunnerSummary& counts, std::string_view word, int number) {
    if (word == "failures") counts.failed = number;
    if (word == "errors") counts.errors = number;
    if (word == "skipped") counts.skipped = number;
    if (word == "expected failures") counts.xfailed = number;
    if (word == "unexpected successes") counts.xpassed = number;
  }

  Tally tally_;
  std::string_view before_;      ///< the line before
  std::string_view open_;        ///< a test whose verdict is awaited
  std::string_view open_place_;  ///< its method, where it goes by a docstring
  std::optional<int> total_;     ///< of a "Ran N tests" whose end is awaited
  bool under_rule_ = false;
};

}  // namespace

StrictLog read_unittest(const Output& output) {
  const std::string plain = logs::without_ansi(output.text);
  Reader reader;
  logs::Lines lines(plain);
  for (std::string_view line; lines.next(line);) reader.take_line(logs::stripped(line));
  return reader.finish();
}

}  // namespace weir::strict
