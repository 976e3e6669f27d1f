// Closing words of the runners of PHP, Ruby, Java, C and C++.

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counted.hpp"
#include "runners/grade/strict/counts.hpp"

namespace weir::strict {
namespace {

using logs::take;
using S = RunnerSummary;
using Closing = Tally::Closing;

/// "OK (12 tests, 34 assertions)", "Tests: 12, Assertions: 34, Failures: 1."
bool phpunit_closing(std::string_view line, RunnerSummary& sum) {
  if (take(line, "OK (") && logs::drop(line, ")")) {
    return add_counts(
        sum, counts_before_words(
                 line, ", ",
                 {{"test", &S::total}, {"tests", &S::total}, {"assertion"}, {"assertions"}}));
  }
  if (!logs::starts(line, "Tests: ") || !logs::drop(line, ".")) return false;
  return add_counts(sum, counts_behind_words(line, ", ",
                                             {{"Tests", &S::total},
                                              {"Assertions"},
                                              {"Failures", &S::failed},
                                              {"Errors", &S::errors},
                                              {"Skipped", &S::skipped},
                                              {"Incomplete"},
                                              {"Warnings"},
                                              {"Risky"},
                                              {"Deprecations"},
                                              {"Notices"},
                                              {"PHPUnit Deprecations"},
                                              {"PHPUnit Warnings"}}));
}

/// minitest "3 runs, 4 assertions, 0 failures, ...", test-unit "3 tests, ...", rspec
/// "3 examples, 1 failure", cucumber "3 scenarios (1 failed, 2 passed)".
bool ruby_closing(std::string_view line, RunnerSummary& sum) {
  if (const auto parts = logs::parenthesised(line);
      parts && logs::contains(parts->name, " scenario")) {
    auto counts = counts_before_words(parts->inside, ", ",
                                      {{"passed", &S::passed},
                                       {"failed", &S::failed},
                                       {"skipped", &S::skipped},
                                       {"undefined"},
                                       {"pending"}});
    std::string_view total = parts->name;
    if (counts) counts->total = take_count(total);
    return add_counts(sum, counts);
  }
  return add_counts(sum, counts_before_words(line, ", ",
                                             {{"runs", &S::total},
                                              {"tests", &S::total},
                                              {"assertions"},
                                              {"failures", &S::failed},
                                              {"errors", &S::errors},
                                              {"skips", &S::skipped},
                                              {"pendings"},
                                              {"omissions", &S::skipped},
                                              {"notifications"},
                                              {"examples", &S::total},
                                              {"example", &S::total},
                                              {"failure", &S::failed},
                                              {"pending", &S::skipped}}));
}

/// "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0" of a whole module, and the
/// word of the build, which comes even where no test ran.
bool maven_closing(std::string_view line, RunnerSummary& sum) {
  if (logs::ends(line, "BUILD SUCCESS") || logs::ends(line, "BUILD FAILURE")) return true;
  const auto at = line.find("Tests run: ");
  if (at == std::string_view::npos) return false;
  return add_counts(sum, counts_behind_words(line.substr(at), ", ",
                                             {{"Tests run", &S::total},
                                              {"Failures", &S::failed},
                                              {"Errors", &S::errors},
                                              {"Skipped", &S::skipped}}));
}

/// "[junit] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 sec".
bool ant_closing(std::string_view line, RunnerSummary& sum) {
  if (!take(line, "[junit] ") || !logs::starts(line, "Tests run: ")) return false;
  return add_counts(sum, counts_behind_words(logs::before(line, ", Time elapsed"), ", ",
                                             {{"Tests run", &S::total},
                                              {"Failures", &S::failed},
                                              {"Errors", &S::errors},
                                              {"Skipped", &S::skipped}}));
}

/// "12 tests completed, 1 failed, 2 skipped", where any failed; the word of the build.
bool gradle_closing(std::string_view line, RunnerSummary& sum) {
  if (logs::starts(line, "BUILD SUCCESSFUL") || logs::starts(line, "BUILD FAILED")) return true;
  return add_counts(sum, counts_before_words(line, ", ",
                                             {{"tests completed", &S::total},
                                              {"test completed", &S::total},
                                              {"failed", &S::failed},
                                              {"skipped", &S::skipped}}));
}

/// "[  PASSED  ] 5 tests.", "[  FAILED  ] 2 tests, listed below:", behind ctest's "1: ".
bool googletest_closing(std::string_view line, RunnerSummary& sum) {
  std::string_view rest = line;
  if (logs::take_digits(rest) && take(rest, ": ")) line = rest;
  RunnerSummary counts;
  const auto read = [&](std::string_view tag, std::optional<int> S::*count) {
    std::string_view words = line;
    if (!take(words, tag)) return false;
    counts.*count = take_count(words);
    return counts.*count && (words == " test." || words == " tests." ||
                             words == " test, listed below:" || words == " tests, listed below:");
  };
  const bool found = read("[  PASSED  ] ", &S::passed) || read("[  FAILED  ] ", &S::failed) ||
                     read("[  SKIPPED ] ", &S::skipped);
  return found && add_counts(sum, counts);
}

/// "# TOTAL: 5", "# PASS:  4".
bool automake_closing(std::string_view line, RunnerSummary& sum) {
  return take(line, "# ") && add_counts(sum, counts_behind_words(line, ", ",
                                                                 {{"TOTAL", &S::total},
                                                                  {"PASS", &S::passed},
                                                                  {"SKIP", &S::skipped},
                                                                  {"XFAIL", &S::xfailed},
                                                                  {"FAIL", &S::failed},
                                                                  {"XPASS", &S::xpassed},
                                                                  {"ERROR", &S::errors}}));
}

/// "3 tests performed (20 individual testcases)", "2 tests passed", "1 tests failed: x".
bool micropython_closing(std::string_view line, RunnerSummary& sum) {
  line = logs::before(logs::before(line, " ("), ":");
  return add_counts(sum, counts_before_words(line, ", ",
                                             {{"tests performed", &S::total},
                                              {"tests passed", &S::passed},
                                              {"tests failed", &S::failed},
                                              {"tests skipped", &S::skipped}}));
}

bool no_closing(std::string_view, RunnerSummary&) {
  return false;
}

}  // namespace

StrictLog read_phpunit(const Output& output) {
  return read_counted(output, phpunit_closing, Closing::always);
}
StrictLog read_ruby(const Output& output) {
  return read_counted(output, ruby_closing, Closing::sometimes);
}
StrictLog read_maven(const Output& output) {
  return read_counted(output, maven_closing, Closing::sometimes, Listed::named);
}
StrictLog read_ant(const Output& output) {
  return read_counted(output, ant_closing, Closing::sometimes, Listed::named);
}
StrictLog read_gradle(const Output& output) {
  return read_counted(output, gradle_closing, Closing::sometimes, Listed::named);
}
StrictLog read_googletest(const Output& output) {
  return read_counted(output, googletest_closing, Closing::always);
}
StrictLog read_automake(const Output& output) {
  // "PASS: NAME" is also what plain programs print, which have no closing words.
  return read_counted(output, automake_closing, Closing::sometimes);
}
StrictLog read_micropython(const Output& output) {
  return read_counted(output, micropython_closing, Closing::sometimes);
}
StrictLog read_unclosed(const Output& output) {
  return read_counted(output, no_closing, Closing::sometimes);
}

}  // namespace weir::strict
