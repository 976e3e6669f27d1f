#include "runners/grade/rule_evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "runners/grade/official_log.hpp"
#include "runners/grade/strict_log.hpp"
#include "runners/grade/test_lookup.hpp"
#include "runners/test_command.hpp"

namespace weir {
namespace {

/// What all lines about one test say of it.
struct Word {
  bool passed = false;
  bool failed = false;
};
using Words = std::map<std::string, Word, std::less<>>;

bool holds(std::string text, const char* word) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text.find(word) != std::string::npos;
}

Word word_of(const std::string& status, VerdictRule rule) {
  if (rule == VerdictRule::swe_bench_live) return {holds(status, "pass"), holds(status, "fail")};
  const bool passed = status == "PASSED";
  return {passed, !passed && status != "SKIPPED"};
}

Words words_of(const NamedStatuses& read, VerdictRule rule) {
  Words words;
  for (const auto& test : read.tests) {
    const Word word = word_of(test.status, rule);
    Word& all = words[test.name];
    all.passed = all.passed || word.passed;
    all.failed = all.failed || word.failed;
  }
  return words;
}

TestLists sorted(const std::vector<std::string>& ids, const Words& words, VerdictRule rule) {
  TestLists lists;
  for (const auto& id : ids) {
    const auto found = words.find(id);
    const Word word = found == words.end() ? Word{} : found->second;
    if (word.passed) lists.success.push_back(id);
    const bool failed = rule == VerdictRule::swe_bench_live ? word.failed : !word.passed;
    if (failed) lists.failure.push_back(id);
  }
  return lists;
}

bool resolves(const TestsStatus& tests, const PatchGrading& grading) {
  return tests.fail_to_pass.failure.empty() && tests.pass_to_pass.failure.empty() &&
         tests.fail_to_pass.success.size() == grading.fail_to_pass.size();
}

/// Listed tests that are reported to have passed, and to have failed.
std::vector<std::string> reported_both_ways(const PatchGrading& grading, const Words& words) {
  std::vector<std::string> tests;
  for (const auto* list : {&grading.fail_to_pass, &grading.pass_to_pass}) {
    for (const auto& id : *list) {
      const auto found = words.find(id);
      if (found != words.end() && found->second.passed && found->second.failed) tests.push_back(id);
    }
  }
  return tests;
}

/// The runner whose closing words the log must have; nullptr where that is not known. A program of
/// Live's reads what a command of its own prints, which need not be a runner's output.
const LogParser* witness_of(const PatchGrading& grading) {
  if (!grading.log_program) return find_log_parser(grading.log_parser);
  if (grading.log_program->call == LogProgram::Call::function) return nullptr;
  const LogParser* parser = find_log_parser(log_parser_for(grading.test_command));
  const bool pytest = parser != nullptr && parser->name == "pytest_v2";
  return pytest ? parser : nullptr;
}

bool loops(const std::string& script) {
  return script.find("for ") != std::string::npos || script.find("while ") != std::string::npos;
}

/// What the runner's own words have against the log; "" if nothing.
std::string against_runner(const std::string& text, const LogParser& witness, const AgentTask& task,
                           const PatchGrading& grading) {
  if (!witness.complete(text)) return "the log lacks the runner's own summary";
  if (loops(grading.test_command)) return {};
  const StrictLog strict = read_strict_log(text, witness, {task.id, ""});
  if (!strict.contradictions.empty()) {
    return "the log contradicts itself: " + strict.contradictions.front();
  }
  std::vector<std::string> failed;
  TestLookup lookup(strict.statuses);
  for (const auto* list : {&grading.fail_to_pass, &grading.pass_to_pass}) {
    for (const auto& id : *list) {
      if (lookup.outcome_of(id) == TestOutcome::failed) failed.push_back(id);
    }
  }
  if (failed.empty()) return {};
  return "the log says both that they passed and that they failed: " + some_of(failed);
}

/// Why a pass by the rule is not believed; "" if nothing speaks against it.
std::string doubt(const ExecResult& run, const std::string& out, const Words& words,
                  const AgentTask& task, const PatchGrading& grading) {
  if (run.out.truncated || run.err.truncated) {
    return "the log was cut, and what is missing could say otherwise";
  }
  const bool any_failed = std::any_of(words.begin(), words.end(),
                                      [](const auto& entry) { return entry.second.failed; });
  if (!run.ok() && !any_failed) {
    return fmt::format("no test is reported to have failed, yet the test command ended with {}",
                       run.status == ExecStatus::signaled ? 128 + run.signal : run.exit_code);
  }
  const auto both = reported_both_ways(grading, words);
  if (!both.empty()) return "reported both to have passed and to have failed: " + some_of(both);
  const LogParser* witness = witness_of(grading);
  return witness == nullptr ? std::string() : against_runner(out, *witness, task, grading);
}

void void_run(const std::string& why, TestEvidence& evidence) {
  evidence.outcome = Outcome::invalid;
  evidence.message = why + "; not believed";
  if (evidence.report.resolved) {
    evidence.anomalies.emplace_back("by the data set's rule alone this would count as resolved");
  }
  evidence.report.resolved = false;
}

std::string why_unresolved(const TestsStatus& tests, const PatchGrading& grading) {
  if (!tests.fail_to_pass.failure.empty()) {
    return "still failing: " + some_of(tests.fail_to_pass.failure);
  }
  if (!tests.pass_to_pass.failure.empty()) return "broken: " + some_of(tests.pass_to_pass.failure);
  return fmt::format("{} of {} tests that must pass did", tests.fail_to_pass.success.size(),
                     grading.fail_to_pass.size());
}

}  // namespace

TestEvidence judge_by_rule(const ExecResult& run, const NamedStatuses& read, const AgentTask& task,
                           const PatchGrading& grading) {
  TestEvidence evidence;
  const std::string out = official_text(run.out.bytes);
  const std::string err = official_text(run.err.bytes);
  evidence.log = out + err;
  const Words words = words_of(read, grading.rule);
  TestsStatus tests{sorted(grading.fail_to_pass, words, grading.rule),
                    sorted(grading.pass_to_pass, words, grading.rule)};
  evidence.report.patch_exists = evidence.report.patch_successfully_applied = true;
  evidence.report.resolved = read.failure.empty() && resolves(tests, grading);
  evidence.report.tests_status = tests;
  if (const std::string marker = forged_marker(evidence.log); !marker.empty()) {
    void_run(fmt::format("the tests' output holds \"{}\", which only a harness writes", marker),
             evidence);
  } else if (!read.failure.empty()) {
    evidence.report.failure = failure_reason(evidence.log);
    void_run("the data set's program cannot read the log: " + read.failure, evidence);
  } else if (!evidence.report.resolved) {
    evidence.outcome = Outcome::unresolved;
    evidence.message = why_unresolved(tests, grading);
  } else if (const auto why = doubt(run, out, words, task, grading); !why.empty()) {
    void_run(why, evidence);
  } else {
    evidence.outcome = Outcome::resolved;
  }
  return evidence;
}

}  // namespace weir
