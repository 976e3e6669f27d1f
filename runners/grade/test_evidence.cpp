#include "runners/grade/test_evidence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runners/grade/official_log.hpp"
#include "runners/grade/strict_log.hpp"
#include "runners/grade/test_lookup.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr std::string_view kStart = ">>>>> Start Test Output";
constexpr std::string_view kEnd = ">>>>> End Test Output";
constexpr std::string_view kExitCode = ">>>>> Test Exit Code: ";

/// The log as the official harness would have it, which writes markers of its own.
std::string as_official(const std::string& log, int exit_code) {
  return fmt::format("{}\n{}\n{}\n{}{}\n", kStart, log, kEnd, kExitCode, exit_code);
}

/// Tests that passed by the official reading and failed by the strict one.
std::vector<std::string> contradicted(const TestsStatus& official, const TestStatuses& strict) {
  TestLookup lookup(strict);
  std::vector<std::string> tests;
  for (const auto* list : {&official.fail_to_pass, &official.pass_to_pass}) {
    for (const auto& test : list->success) {
      if (lookup.outcome_of(test) == TestOutcome::failed) tests.push_back(test);
    }
  }
  return tests;
}

/// Why a run that looks resolved is not believed; "" if nothing speaks against it.
std::string doubt(const ExecResult& run, const LogParser& parser, const std::string& text,
                  const LogSource& source, const TestStatuses& statuses, const TestsStatus& tests) {
  const bool any_failed = std::any_of(statuses.begin(), statuses.end(), [](const auto& entry) {
    return entry.second == "FAILED" || entry.second == "ERROR";
  });
  if (!run.ok() && !any_failed) {
    return fmt::format("the log names no failure, yet the test command ended with {}",
                       run.status == ExecStatus::signaled ? 128 + run.signal : run.exit_code);
  }
  if (!parser.complete(text)) return "the log lacks the runner's own summary";
  const StrictLog strict = read_strict_log(text, parser, source);
  if (!strict.contradictions.empty()) {
    return "the log contradicts itself: " + strict.contradictions.front();
  }
  const auto both = contradicted(tests, strict.statuses);
  if (!both.empty())
    return "the log says both that they passed and that they failed: " + some_of(both);
  return {};
}

/// Every listed test passed. The official rule lets a test pass by that ended in a word it
/// does not know.
bool all_passed(const TestsStatus& tests, const PatchGrading& grading) {
  return tests.fail_to_pass.success.size() == grading.fail_to_pass.size() &&
         tests.pass_to_pass.success.size() == grading.pass_to_pass.size();
}

void judge_exit_code(const ExecResult& run, TestEvidence& evidence) {
  evidence.outcome = run.ok() ? Outcome::resolved : Outcome::unresolved;
  evidence.report.patch_exists = evidence.report.patch_successfully_applied = true;
  evidence.report.resolved = run.ok();
  if (!run.ok()) evidence.message = fmt::format("the test command ended with {}", run.exit_code);
}

void void_run(const std::string& why, TestEvidence& evidence) {
  evidence.outcome = Outcome::invalid;
  evidence.message = why + "; not believed";
  evidence.report.resolved = false;
}

void explain_unresolved(const TestsStatus& tests, TestEvidence& evidence) {
  evidence.outcome = Outcome::unresolved;
  if (!tests.fail_to_pass.failure.empty()) {
    evidence.message = "still failing: " + some_of(tests.fail_to_pass.failure);
  } else if (!tests.pass_to_pass.failure.empty()) {
    evidence.message = "broken: " + some_of(tests.pass_to_pass.failure);
  } else {
    evidence.message = "some listed tests ended neither well nor badly";
  }
}

}  // namespace

std::string some_of(const std::vector<std::string>& tests) {
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(tests.size(), 3); ++i) {
    out += (i == 0 ? "" : ", ") + tests[i];
  }
  return tests.size() > 3 ? fmt::format("{} and {} more", out, tests.size() - 3) : out;
}

std::string forged_marker(std::string_view log) {
  for (const std::string_view marker :
       {kStart, kEnd, std::string_view(">>>>> Test Exit Code"),
        std::string_view(">>>>> Tests Errored"), std::string_view(">>>>> Tests Timed Out"),
        std::string_view(">>>>> Patch Apply Failed"), std::string_view(">>>>> Reset Failed")}) {
    if (log.find(marker) != std::string_view::npos) return std::string(marker);
  }
  return {};
}

TestEvidence judge_test_run(const ExecResult& run, const AgentTask& task,
                            const PatchGrading& grading) {
  const LogParser* parser = find_log_parser(grading.log_parser);
  if (parser == nullptr) {
    throw InfraError(fmt::format("log parser \"{}\" is not supported", grading.log_parser));
  }
  const std::string text = official_text(run.out.bytes);
  TestEvidence evidence;
  evidence.log = as_official(text, run.exit_code);
  if (parser->name == kExitCodeParser) {
    judge_exit_code(run, evidence);
    return evidence;
  }
  const LogSource source{task.id, ""};
  const TestStatuses statuses = parser->parse(text, source);
  const TestsStatus tests =
      judge(statuses, grading.fail_to_pass, grading.pass_to_pass, grading.eval_type);
  const GradedInstance instance{task.id, "", grading.fail_to_pass, grading.pass_to_pass,
                                grading.eval_type};
  evidence.report = official_report(instance, *parser, evidence.log);
  if (run.out.truncated) evidence.anomalies.emplace_back("the test log is longer than was kept");
  if (const std::string marker = forged_marker(text); !marker.empty()) {
    void_run(fmt::format("the tests' output holds \"{}\", which only a harness writes", marker),
             evidence);
  } else if (!all_passed(tests, grading)) {
    explain_unresolved(tests, evidence);
    if (evidence.report.resolved) {
      evidence.anomalies.emplace_back("officially this would count as resolved");
      evidence.report.resolved = false;
    }
  } else if (run.out.truncated) {
    void_run("the log was cut, and what is missing could say otherwise", evidence);
  } else if (const auto why = doubt(run, *parser, text, source, statuses, tests); !why.empty()) {
    void_run(why, evidence);
  } else if (!evidence.report.resolved) {
    void_run(evidence.report.reason, evidence);
  } else {
    evidence.outcome = Outcome::resolved;
  }
  return evidence;
}

}  // namespace weir
