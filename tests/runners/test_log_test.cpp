// Verdicts from what run-tests.sh prints: the old Terminal-Bench.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "runners/grade/grader.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Verdict read(const std::string& log, const std::string& parser = "pytest") {
  Verdict verdict;
  judge_test_log(log, parser, verdict);
  return verdict;
}

std::string summary(const std::string& lines, const std::string& closing) {
  return "noise\n==== short test summary info ====\n" + lines + "==== " + closing +
         " in 0.10s ====\n";
}

TEST(TestLog, ResolvedIfTestsWereReadAndAllPassed) {
  EXPECT_EQ(read(summary("PASSED t.py::a\nPASSED t.py::b\n", "2 passed")).outcome,
            Outcome::resolved);
  const Verdict failed =
      read(summary("PASSED t.py::a\nFAILED t.py::b - assert 0\n", "1 failed, 1 passed"));
  EXPECT_EQ(failed.outcome, Outcome::unresolved);
  EXPECT_THAT(failed.message, HasSubstr("t.py::b"));
  EXPECT_EQ(read(summary("ERROR t.py - broken\n", "1 error")).outcome, Outcome::unresolved);
}

TEST(TestLog, WhatCannotBeReadIsAParseError) {
  for (const char* log : {"", "bash: uv: command not found\n", "collected 0 items\n"}) {
    EXPECT_EQ(read(log).outcome, Outcome::invalid) << log;
    EXPECT_THAT(read(log).message, HasSubstr("parse_error")) << log;
  }
  EXPECT_THAT(read("x", "no-such").message, HasSubstr("\"no-such\" is not supported"));
  EXPECT_TRUE(knows_test_log("pytest"));
  EXPECT_FALSE(knows_test_log("no-such"));
}

TEST(TestLog, PassesOfARunThatDidNotEndAreNotBelieved) {
  EXPECT_EQ(read("PASSED t.py::a\n").outcome, Outcome::invalid);
  EXPECT_EQ(read(summary("PASSED t.py::a\n", "3 passed")).outcome, Outcome::invalid);
}

TEST(TestLog, ReadsTheVerdictBetweenMarkers) {
  const auto marked = [](const std::string& word) {
    return read("x\nSWEBench results starts here\n" + word + "\nSWEBench results ends here\n",
                "swebench");
  };
  EXPECT_EQ(marked("PASSED").outcome, Outcome::resolved);
  EXPECT_EQ(marked("FAILED").outcome, Outcome::unresolved);
  EXPECT_EQ(read("SWEBench results ends here\n", "swebench").outcome, Outcome::invalid);
}

class TestLogGradingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    task_.id = "t";
    task_.environment.env = {{"TEST_DIR", "/tests"}};
    environment_ = prepare_environment(task_, "sha", *sandbox_);
    fs::create_directories(folder_ / "tests");
    grading_.run_tests = folder_ / "run-tests.sh";
    grading_.tests = folder_ / "tests";
    write_file(folder_ / "tests/rule.sh", "test -e ok\n");  // in the workdir
    write_file(grading_.run_tests,
               "if bash $TEST_DIR/rule.sh && [ -x /tests/run-tests.sh ]; then w=PASSED; c=passed; "
               "else w=FAILED; c=failed; fi\necho \"=== short test summary info ===\"\n"
               "echo \"$w t.py::rule\"\necho \"=== 1 $c in 0.1s ===\"\n");
  }
  Verdict after(const std::string& script) {
    const auto box = sandbox_->create(environment_->on(environment_->snapshot));
    ExecRequest request;
    request.script = script;
    request.env = environment_->env;
    EXPECT_TRUE(box->exec(request).ok());
    return grade_test_log(box->end(), task_, grading_,
                          {*sandbox_, graders_, *environment_, {}, false});
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  EnvironmentPtr environment_;
  TestLogGrading grading_;
};

TEST_F(TestLogGradingTest, RunsTheTestsInTheWorkdirOfTheFinalState) {
  EXPECT_EQ(after("touch /app/ok").outcome, Outcome::resolved);
  EXPECT_EQ(after("true").outcome, Outcome::unresolved);
}

TEST_F(TestLogGradingTest, PlantedTestsAndProgramsPassNothing) {
  EXPECT_EQ(after("mkdir /tests; echo true > /tests/rule.sh").outcome, Outcome::unresolved);
  EXPECT_EQ(after("touch /app/ok; echo >> /usr/lib/python3.11/os.py").outcome, Outcome::invalid);
}

TEST_F(TestLogGradingTest, TestsThatDoNotEndAreInvalid) {
  write_file(grading_.run_tests, "sleep 60\n");
  task_.limits.verifier = milliseconds(200);
  const Verdict verdict = after("true");
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("did not end in time"));
}

}  // namespace
}  // namespace weir
