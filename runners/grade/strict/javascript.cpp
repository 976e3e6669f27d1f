// Closing words of jest, vitest, mocha, jasmine and karma.

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counted.hpp"
#include "runners/grade/strict/counts.hpp"

namespace weir::strict {
namespace {

using logs::take;
using S = RunnerSummary;
using Closing = Tally::Closing;

constexpr CountWord kPassed = {"passed", &S::passed};
constexpr CountWord kFailed = {"failed", &S::failed};
constexpr CountWord kSkipped = {"skipped", &S::skipped};

std::optional<RunnerSummary> jest_counts(std::string_view list) {
  return counts_before_words(logs::stripped(list), ", ",
                             {kPassed,
                              kFailed,
                              kSkipped,
                              {"pending", &S::skipped},
                              {"todo"},
                              {"obsolete"},
                              {"total", &S::total}});
}

/// "Tests:       1 failed, 1 skipped, 2 passed, 4 total".
bool jest_closing(std::string_view line, RunnerSummary& sum) {
  return take(line, "Tests:") && add_counts(sum, jest_counts(line));
}
bool jest_files_closing(std::string_view line, RunnerSummary& sum) {
  return take(line, "Test Suites:") && add_counts(sum, jest_counts(line));
}

/// "Tests  1 failed | 2 passed (3)".
bool vitest_closing(std::string_view line, RunnerSummary& sum) {
  if (!take(line, "Tests ")) return false;
  auto parts = logs::parenthesised(line);
  if (!parts) return false;
  auto counts =
      counts_before_words(logs::stripped(parts->name), " | ",
                          {kPassed, kFailed, kSkipped, {"todo"}, {"expected fail", &S::xfailed}});
  if (counts) counts->total = take_count(parts->inside);
  return add_counts(sum, counts);
}

/// "3 passing (12ms)", "1 pending", "2 failing", each on its line.
bool mocha_closing(std::string_view line, RunnerSummary& sum) {
  if (const auto parts = logs::parenthesised(line)) line = parts->name;
  return add_counts(
      sum, counts_before_words(
               line, ", ",
               {{"passing", &S::passed}, {"failing", &S::failed}, {"pending", &S::skipped}}));
}

/// "3 specs, 1 failure, 1 pending spec".
bool jasmine_closing(std::string_view line, RunnerSummary& sum) {
  return add_counts(sum, counts_before_words(line, ", ",
                                             {{"spec", &S::total},
                                              {"specs", &S::total},
                                              {"failure", &S::failed},
                                              {"failures", &S::failed},
                                              {"pending spec", &S::skipped},
                                              {"pending specs", &S::skipped}}));
}

/// "✔ 3 tests completed", "✖ 1 test failed", "TOTAL: 3 SUCCESS".
bool karma_closing(std::string_view line, RunnerSummary& sum) {
  if (take(line, "TOTAL: ")) {
    return add_counts(
        sum, counts_before_words(line, ", ", {{"SUCCESS", &S::passed}, {"FAILED", &S::failed}}));
  }
  if (!take(line, "✔ ") && !take(line, "✖ ") && !take(line, "ℹ ")) return false;
  return add_counts(sum, counts_before_words(line, ", ",
                                             {{"tests completed", &S::passed},
                                              {"test completed", &S::passed},
                                              {"tests failed", &S::failed},
                                              {"test failed", &S::failed},
                                              {"tests skipped", &S::skipped},
                                              {"test skipped", &S::skipped}}));
}

}  // namespace

StrictLog read_jest(const Output& output) {
  return read_counted(output, jest_closing, Closing::always);
}
StrictLog read_jest_files(const Output& output) {
  return read_counted(output, jest_files_closing, Closing::always);
}
StrictLog read_vitest(const Output& output) {
  return read_counted(output, vitest_closing, Closing::always);
}
StrictLog read_mocha(const Output& output) {
  return read_counted(output, mocha_closing, Closing::sometimes, Listed::named);
}
StrictLog read_jasmine(const Output& output) {
  return read_counted(output, jasmine_closing, Closing::sometimes);
}
StrictLog read_karma(const Output& output) {
  return read_counted(output, karma_closing, Closing::sometimes);
}

}  // namespace weir::strict
