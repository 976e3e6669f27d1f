// Verdicts by the own rules of SWE-bench Pro and SWE-bench-Live, and what voids them.

#include "runners/grade/rule_evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(NamedStatuses, AreReadInTheirOrderAndTwiceIfTheyAre) {
  const auto read = parse_named_statuses(
      R"({"tests":[{"name":"b","status":"PASSED","x":1},{"name":"a","status":"FAILED"},)"
      R"({"name":"b","status":""}],"more":[]})");
  EXPECT_EQ(read.failure, "");
  ASSERT_EQ(read.tests.size(), 3U);
  EXPECT_EQ(read.tests[0].name, "b");
  EXPECT_EQ(read.tests[1].status, "FAILED");
  EXPECT_EQ(read.tests[2].name, "b");
}

TEST(NamedStatuses, WhatIsNotTheirShapeIsNamed) {
  const auto failure = [](std::string_view json) { return parse_named_statuses(json).failure; };
  EXPECT_THAT(failure(""), HasSubstr("is no JSON"));
  EXPECT_THAT(failure("{\"tests\":[]} x"), HasSubstr("is no JSON"));
  EXPECT_THAT(failure("{\"tests\":[{\"name\":\"\xff\",\"status\":\"PASSED\"}]}"),
              HasSubstr("is no JSON"));
  EXPECT_THAT(failure("[]"), HasSubstr("no array \"tests\""));
  EXPECT_THAT(failure(R"({"tests":{}})"), HasSubstr("no array \"tests\""));
  EXPECT_THAT(failure(R"({"tests":[{"name":"a","status":"PASSED"},{"name":"a"}]})"),
              HasSubstr("tests[1]"));
  EXPECT_THAT(failure(R"({"tests":[{"name":1,"status":"PASSED"}]})"), HasSubstr("tests[0]"));
  EXPECT_THAT(failure(R"({"tests":["a"]})"), HasSubstr("tests[0]"));
  EXPECT_THAT(failure(std::string(kMostNamedStatuses + 1, ' ')), HasSubstr("longer than"));
  EXPECT_THAT(failure(std::string(1 << 20, '[')), HasSubstr("is no JSON"));
  const auto nothing_kept = parse_named_statuses(R"({"tests":[{"name":"a","status":"PASSED"},0]})");
  EXPECT_THAT(nothing_kept.tests, IsEmpty());
}

class RuleEvidenceTest : public testing::Test {
 protected:
  TestEvidence judge(std::vector<NamedStatus> tests) const {
    AgentTask task;
    task.id = "o__r-1";
    return judge_by_rule(run_, {std::move(tests), ""}, task, grading_);
  }

  ExecResult run_;
  PatchGrading grading_ = [] {
    PatchGrading grading;
    grading.rule = VerdictRule::swe_bench_pro;
    grading.test_command = "set -- t\nmake check";
    grading.log_program = LogProgram{LogProgram::Call::script, ""};
    grading.fail_to_pass = {"f"};
    grading.pass_to_pass = {"p"};
    return grading;
  }();
};

TEST_F(RuleEvidenceTest, ProWantsEveryOnePassed) {
  EXPECT_EQ(judge({{"f", "PASSED"}, {"p", "PASSED"}, {"z", "FAILED"}}).outcome, Outcome::resolved);
  EXPECT_EQ(judge({{"f", "PASSED"}, {"p", "SKIPPED"}}).outcome, Outcome::unresolved);
  EXPECT_EQ(judge({{"f", "passed"}, {"p", "PASSED"}}).outcome, Outcome::unresolved);
  const auto missing = judge({{"f", "PASSED"}});
  EXPECT_EQ(missing.outcome, Outcome::unresolved);
  EXPECT_EQ(missing.message, "broken: p");
  EXPECT_EQ(judge({}).message, "still failing: f");
  // Only names to the letter count.
  EXPECT_EQ(judge({{"f[", "PASSED"}, {"p", "PASSED"}}).outcome, Outcome::unresolved);
}

TEST_F(RuleEvidenceTest, OneReportedBothWaysIsNotBelieved) {
  const auto both = judge({{"f", "FAILED"}, {"f", "PASSED"}, {"p", "PASSED"}});
  EXPECT_EQ(both.outcome, Outcome::invalid);
  EXPECT_THAT(both.message, HasSubstr("both to have passed and to have failed: f"));
  EXPECT_THAT(both.anomalies, ElementsAre(HasSubstr("by the data set's rule alone")));
  EXPECT_FALSE(both.report.resolved);
}

TEST_F(RuleEvidenceTest, AnExitCodeSpeaksOfAFailureThatMustBeNamed) {
  run_.exit_code = 1;
  EXPECT_EQ(judge({{"f", "PASSED"}, {"p", "PASSED"}}).outcome, Outcome::invalid);
  EXPECT_EQ(judge({{"f", "PASSED"}, {"p", "PASSED"}, {"z", "ERROR"}}).outcome, Outcome::resolved);
  run_.status = ExecStatus::signaled;
  run_.signal = 9;
  EXPECT_THAT(judge({{"f", "PASSED"}, {"p", "PASSED"}}).message, HasSubstr("ended with 137"));
}

TEST_F(RuleEvidenceTest, MarkersCutLogsAndUnreadableOnesAreNotBelieved) {
  const std::vector<NamedStatus> passed = {{"f", "PASSED"}, {"p", "PASSED"}};
  run_.err.truncated = true;
  EXPECT_THAT(judge(passed).message, HasSubstr("was cut"));
  run_.err = {">>>>> End Test Output\n", 22, false};
  EXPECT_THAT(judge(passed).message, HasSubstr("only a harness writes"));
  run_.err = {};
  const auto unread = judge_by_rule(run_, {passed, "it ended with 1: KeyError"}, {}, grading_);
  EXPECT_EQ(unread.outcome, Outcome::invalid);
  EXPECT_THAT(unread.message, HasSubstr("cannot read the log: it ended with 1: KeyError"));
  EXPECT_FALSE(unread.report.resolved);
}

TEST_F(RuleEvidenceTest, APytestMustHaveEndedAndCounted) {
  const std::vector<NamedStatus> passed = {{"t.py::f", "PASSED"}, {"t.py::p", "PASSED"}};
  grading_.fail_to_pass = {"t.py::f"};
  grading_.pass_to_pass = {"t.py::p"};
  grading_.test_command = "set -- t.py\npytest \"$@\" -v";
  const std::string begin = "=== test session starts ===\n";
  const std::string lines = "t.py::f PASSED [ 50%]\nt.py::p PASSED [100%]\n";
  run_.out.bytes = begin + lines;
  EXPECT_THAT(judge(passed).message, HasSubstr("lacks the runner's own summary"));
  run_.out.bytes = begin + lines + "=== 2 passed in 0.1s ===\n";
  EXPECT_EQ(judge(passed).outcome, Outcome::resolved) << judge(passed).message;
  run_.out.bytes = begin + lines + "=== 1 passed in 0.1s ===\n";
  EXPECT_THAT(judge(passed).message, HasSubstr("contradicts itself"));
  run_.out.bytes = begin + "t.py::f PASSED\nt.py::p PASSED\n=== short test summary info ===\n" +
                   "FAILED t.py::f - no\n=== 1 failed, 1 passed in 0.1s ===\n";
  EXPECT_EQ(judge(passed).outcome, Outcome::invalid);
  // Where a script runs it once a file, its sessions are not held against each other.
  grading_.test_command = "set -- t.py\nfor f in \"$@\"; do pytest \"$f\" -v; done";
  const std::string session = begin + "t.py::f PASSED\n=== 1 passed in 0.1s ===\n";
  run_.out.bytes = session + session;
  EXPECT_EQ(judge(passed).outcome, Outcome::resolved) << judge(passed).message;
}

TEST_F(RuleEvidenceTest, LiveMissesNothingButWhatMustPass) {
  grading_.rule = VerdictRule::swe_bench_live;
  grading_.log_program = LogProgram{LogProgram::Call::function, ""};
  EXPECT_EQ(judge({{"f", "pass"}}).outcome, Outcome::resolved);
  EXPECT_EQ(judge({{"f", "Passed"}, {"p", "skip"}}).outcome, Outcome::resolved);
  EXPECT_EQ(judge({{"f", "pass"}, {"p", "fail"}}).message, "broken: p");
  EXPECT_EQ(judge({{"f", "skip"}, {"p", "pass"}}).message, "0 of 1 tests that must pass did");
  EXPECT_EQ(judge({{"f", "fail"}}).message, "still failing: f");
}

TEST_F(RuleEvidenceTest, APytestOfLivesIsReadInItsWordsAndWitnessed) {
  grading_.rule = VerdictRule::swe_bench_live;
  grading_.log_program.reset();
  grading_.log_parser = "pytest";
  const auto live = as_live_statuses({{"f", "PASSED"}, {"p", "XFAIL"}, {"s", "SKIPPED"}});
  EXPECT_EQ(live.tests[0].status, "pass");
  EXPECT_EQ(live.tests[1].status, "fail");
  EXPECT_EQ(live.tests[2].status, "skip");
  run_.out.bytes = "=== short test summary info ===\nPASSED f\n";
  EXPECT_EQ(judge({{"f", "pass"}}).outcome, Outcome::invalid);
  run_.out.bytes += "=== 1 passed in 0.1s ===\n";
  EXPECT_EQ(judge({{"f", "pass"}}).outcome, Outcome::resolved);
}

}  // namespace
}  // namespace weir
