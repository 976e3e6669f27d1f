// Old Terminal-Bench grading: run-tests.sh on the final state, a parser reads what it prints.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "runners/grade/final_box.hpp"
#include "runners/grade/official_log.hpp"
#include "runners/grade/strict_log.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr milliseconds kTestTimeout = std::chrono::minutes(1);  // the format's own default
constexpr std::string_view kVerdictParser = "swebench";
constexpr std::size_t kNamed = 20;

/// The one word between the markers that wrapped SWE-bench tasks print.
void judge_marked(std::string_view log, Verdict& verdict) {
  constexpr std::string_view kStart = "SWEBench results starts here";
  constexpr std::string_view kEnd = "SWEBench results ends here";
  const auto start = log.find(kStart);
  const auto end = start == log.npos ? start : log.find(kEnd, start);
  if (end == log.npos) {
    verdict.message = "parse_error: the log has no results between SWEBench markers";
    return;
  }
  const auto from = start + kStart.size();
  const bool passed = trimmed(log.substr(from, end - from)) == "PASSED";
  verdict.outcome = passed ? Outcome::resolved : Outcome::unresolved;
}

bool fails(const std::string& status) {
  return status != "PASSED" && status != "XFAIL" && status != "SKIPPED";
}

/// Resolved if a test was read and none failed, and the log is one run's that ended.
void judge_tests(std::string_view log, const LogParser& parser, Verdict& verdict) {
  const StrictLog strict = read_strict_log(log, parser);
  std::vector<std::string> failed;
  for (const auto& [id, status] : strict.statuses) {
    if (fails(status) && failed.size() < kNamed) failed.push_back(id);
  }
  for (const auto& each : strict.contradictions) verdict.anomalies.push_back("test log: " + each);
  if (strict.statuses.empty()) {
    verdict.message =
        fmt::format("parse_error: the parser \"{}\" finds no test in the log", parser.name);
  } else if (!failed.empty()) {
    verdict.outcome = Outcome::unresolved;
    verdict.message = to_utf8(fmt::format("failed: {}", fmt::join(failed, ", ")));
  } else if (!strict.contradictions.empty() || !parser.complete(log)) {
    verdict.message = "the log is not the whole output of a run that ended";
  } else {
    verdict.outcome = Outcome::resolved;
  }
}

}  // namespace

bool knows_test_log(std::string_view parser) {
  return parser == kVerdictParser || find_log_parser(parser) != nullptr;
}

void judge_test_log(std::string_view log, std::string_view parser, Verdict& verdict) {
  if (parser == kVerdictParser) {
    judge_marked(log, verdict);
  } else if (const LogParser* known = find_log_parser(parser)) {
    judge_tests(log, *known, verdict);
  } else {
    verdict.message = fmt::format("log parser \"{}\" is not supported yet", parser);
  }
}

Verdict grade_test_log(const SnapshotPtr& final, const AgentTask& task,
                       const TestLogGrading& grading, const GradingRoom& room) {
  const auto permit = room.graders.acquire(room.stop);
  Verdict verdict;
  FinalBox box(final, room, verdict);
  if (!box.prepare()) return verdict;
  if (!grading.tests.empty() && !box.place(grading.tests)) return verdict;
  if (!box.place_file(grading.run_tests, "/tests/run-tests.sh")) return verdict;
  if (!box.open("run-tests.sh")) return verdict;
  if (!box.bring_tools()) return verdict;
  const auto result = box.verify(
      {"bash /tests/run-tests.sh", {}, "root", task.limits.verifier.value_or(kTestTimeout)});
  if (!result) return verdict;
  judge_test_log(official_text(result->out.bytes), grading.parser, verdict);
  box.doubt(task);
  return verdict;
}

}  // namespace weir
