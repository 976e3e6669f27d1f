// What one run of a test command is worth: three witnesses, and what voids them.

#include "runners/grade/test_evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::HasSubstr;

TestEvidence judge(const std::string& log, int exit_code, std::vector<std::string> fail_to_pass,
                   std::vector<std::string> pass_to_pass = {}) {
  ExecResult run;
  run.exit_code = exit_code;
  run.out.bytes = log;
  PatchGrading grading;
  grading.log_parser = "parse_log_pytest";
  grading.fail_to_pass = std::move(fail_to_pass);
  grading.pass_to_pass = std::move(pass_to_pass);
  AgentTask task;
  task.id = "o__r-1";
  return judge_test_run(run, task, grading);
}

const std::string kHead = "=== short test summary info ===\n";

TEST(TestEvidence, PassesThatTheFooterAndTheExitCodeConfirmResolve) {
  const auto found = judge(kHead + "PASSED t.py::a\nPASSED t.py::b\n=== 2 passed in 0.1s ===\n", 0,
                           {"t.py::a"}, {"t.py::b"});
  EXPECT_EQ(found.outcome, Outcome::resolved) << found.message;
  EXPECT_TRUE(found.report.resolved);
  EXPECT_THAT(found.log, HasSubstr(">>>>> Test Exit Code: 0"));
}

TEST(TestEvidence, AFooterThatCountsFewerPassesVoids) {
  const auto forged = judge(kHead + "PASSED t.py::a\nPASSED t.py::b\n=== 1 passed in 0.1s ===\n", 0,
                            {"t.py::a"}, {"t.py::b"});
  EXPECT_EQ(forged.outcome, Outcome::invalid);
  EXPECT_THAT(forged.message, HasSubstr("contradicts itself"));
  EXPECT_FALSE(forged.report.resolved);
}

TEST(TestEvidence, AMissingFooterVoids) {
  EXPECT_EQ(judge(kHead + "PASSED t.py::a\n", 0, {"t.py::a"}).outcome, Outcome::invalid);
}

TEST(TestEvidence, AnExitCodeThatNoFailureExplainsVoids) {
  const auto forged = judge(kHead + "PASSED t.py::a\n=== 1 passed in 0.1s ===\n", 1, {"t.py::a"});
  EXPECT_EQ(forged.outcome, Outcome::invalid);
  EXPECT_THAT(forged.message, HasSubstr("ended with 1"));
}

TEST(TestEvidence, OtherFailuresExplainAnExitCode) {
  const auto found = judge(
      kHead + "PASSED t.py::a\nFAILED t.py::z - boom\n=== 1 failed, 1 passed in 0.1s ===\n", 1,
      {"t.py::a"});
  EXPECT_EQ(found.outcome, Outcome::resolved) << found.message;
}

TEST(TestEvidence, ASecondFooterVoids) {
  const std::string session = "=== test session starts ===\ncollected 1 item\n\n";
  const std::string end = kHead + "PASSED t.py::a\n=== 1 passed in 0.1s ===\n";
  EXPECT_EQ(judge(session + end + end, 0, {"t.py::a"}).outcome, Outcome::invalid);
}

TEST(TestEvidence, AWordNobodyKnowsIsNoPass) {
  // Officially such a test is in neither list, and the instance counts as resolved.
  const auto found = judge(kHead + "PASSED t.py::a\nERRORS t.py::b\n=== 1 passed in 0.1s ===\n", 0,
                           {"t.py::a"}, {"t.py::b"});
  EXPECT_EQ(found.outcome, Outcome::unresolved);
  EXPECT_FALSE(found.report.resolved);
}

TEST(TestEvidence, ACutLogNeverResolves) {
  ExecResult run;
  run.out.bytes = kHead + "PASSED t.py::a\n=== 1 passed in 0.1s ===\n";
  run.out.truncated = true;
  PatchGrading grading;
  grading.log_parser = "pytest";
  grading.fail_to_pass = {"t.py::a"};
  EXPECT_EQ(judge_test_run(run, {}, grading).outcome, Outcome::invalid);
}

}  // namespace
}  // namespace weir
