// go test -v, package by package, and cargo test, binary by binary.

#include <fmt/format.h>

#include "runners/grade/logs/text.hpp"
#include "runners/grade/strict/counts.hpp"
#include "runners/grade/strict/readers.hpp"
#include "runners/grade/strict/tally.hpp"
#include "tasks/text.hpp"

namespace weir::strict {
namespace {

using logs::take;

/// "--- PASS: TestX (0.01s)".
bool read_go_test(std::string_view line, std::string_view package, Tally& tally, bool& failed) {
  line = logs::left_stripped(line);
  if (!take(line, "--- ")) return false;
  const bool pass = take(line, "PASS: ");
  const bool fail = !pass && take(line, "FAIL: ");
  if (!pass && !fail && !take(line, "SKIP: ")) return false;
  const auto parts = logs::parenthesised(logs::right_stripped(line));
  if (!parts) return false;
  failed = failed || fail;
  tally.list(parts->name, pass ? "PASSED" : fail ? "FAILED" : "SKIPPED", package);
  return true;
}

/// "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0s".
std::optional<RunnerSummary> cargo_closing(std::string_view line) {
  if (!take(line, "test result: ok. ") && !take(line, "test result: FAILED. ")) return {};
  if (const auto time = line.find("; finished in "); time != std::string_view::npos) {
    line = line.substr(0, time);
  }
  using S = RunnerSummary;
  return counts_before_words(line, "; ",
                             {{"passed", &S::passed},
                              {"failed", &S::failed},
                              {"ignored", &S::skipped},
                              {"measured"},
                              {"filtered out"}});
}

void read_cargo_test(std::string_view line, std::string_view binary, Tally& tally) {
  if (!take(line, "test ")) return;
  const auto dots = line.rfind(" ... ");
  if (dots == std::string_view::npos) return;
  const auto name = logs::stripped(line.substr(0, dots));
  const auto outcome = logs::stripped(line.substr(dots + 5));
  if (outcome == "ok") tally.list(name, "PASSED", binary);
  if (outcome == "FAILED") tally.list(name, "FAILED", binary);
  if (outcome == "ignored" || logs::starts(outcome, "ignored, "))
    tally.list(name, "SKIPPED", binary);
}

}  // namespace

StrictLog read_gotest(const Output& output) {
  const std::string plain = logs::without_ansi(output.text);
  Tally tally;
  int packages = 0;
  bool failed = false;
  bool alone = false;  // a test binary's own last word, without go around it
  std::string package = "0";
  logs::Lines lines(plain);
  for (std::string_view line; lines.next(line);) {
    if (read_go_test(line, package, tally, failed)) continue;
    alone = alone || line == "PASS" || line == "FAIL";
    const bool ok = logs::starts(line, "ok  \t");
    if (!ok && !logs::starts(line, "FAIL\t")) continue;
    if (ok && failed) {
      tally.contradict(
          fmt::format("a test failed in a package that is ok: {}", to_utf8(line.substr(5, 200))));
    }
    tally.close({});
    failed = false;
    package = std::to_string(++packages);
  }
  if (alone && !tally.closed()) tally.close({});
  return tally.finish(Tally::Closing::always, Tally::Listing::partial);
}

StrictLog read_cargo(const Output& output) {
  const std::string plain = logs::without_ansi(output.text);
  Tally tally;
  int binaries = 0;
  std::string binary = "0";
  logs::Lines lines(plain);
  for (std::string_view line; lines.next(line);) {
    line = logs::stripped(line);
    read_cargo_test(line, binary, tally);
    if (const auto counts = cargo_closing(line)) {
      tally.close(*counts);
      binary = std::to_string(++binaries);
    }
  }
  return tally.finish(Tally::Closing::always, Tally::Listing::partial);
}

}  // namespace weir::strict
