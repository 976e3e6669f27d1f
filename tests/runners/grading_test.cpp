// Grading in real boxes: what an agent could try to fake.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kHiddenTests =
    "diff --git a/tests/test_f.py b/tests/test_f.py\n"
    "new file mode 100644\n--- /dev/null\n+++ b/tests/test_f.py\n@@ -0,0 +1,5 @@\n"
    "+import unittest, calc\n+class T(unittest.TestCase):\n+    def test_f(self):\n"
    "+        self.assertEqual(calc.f(), 2)\n+if __name__ == '__main__': unittest.main()\n";

std::string change(const std::string& line) {
  return "diff --git a/calc.py b/calc.py\n--- a/calc.py\n+++ b/calc.py\n@@ -1 +1 @@\n"
         "-def f(): return 1\n+" + line + "\n";
}

class PatchGradingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    fs::create_directories(folder_ / "repo/tests");
    write_file(folder_ / "repo/calc.py", "def f(): return 1\n");
    write_file(folder_ / "repo/tests/__init__.py", "");
    task_.id = "t";
    task_.environment.workdir = "/testbed";
    task_.environment.repository = Repository{"o/r", "", folder_ / "repo"};
    environment_ = prepare_environment(task_, "sha", *sandbox_);
    grading_.test_patch = kHiddenTests;
    grading_.test_command = "python3 -m unittest -v tests.test_f";
    grading_.log_parser = "parse_log_django";
    grading_.fail_to_pass = {"test_f (tests.test_f.T.test_f)"};
  }

  Verdict grade(const std::string& patch, bool empty_too = false) {
    return grade_patch(patch, task_, grading_, gold_,
                       {*sandbox_, graders_, *environment_, {}, empty_too});
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  EnvironmentPtr environment_;
  PatchGrading grading_;
  std::string gold_;
};

TEST_F(PatchGradingTest, TheRightDiffResolvesAndAWrongOneDoesNot) {
  EXPECT_EQ(grade(change("def f(): return 2")).outcome, Outcome::resolved);
  const Verdict wrong = grade(change("def f(): return 3"));
  EXPECT_EQ(wrong.outcome, Outcome::unresolved);
  EXPECT_THAT(wrong.message, HasSubstr("still failing: test_f"));
  EXPECT_THAT(wrong.evidence, HasSubstr("FAIL"));
}

// git refuses such paths; patch, which is asked after it, does not.
TEST_F(PatchGradingTest, ADiffThatWritesIntoGitDoesNotApply) {
  const Verdict verdict =
      grade(change("def f(): return 1  # wrong") +
            "--- a/.git/config\n+++ b/.git/config\n@@ -1 +1,3 @@\n [core]\n+\tfsmonitor = touch "
            "/tmp/ran; false\n+\tbare = false\n");
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_THAT(verdict.message, HasSubstr("does not apply"));
}

// A context diff is one that patch reads, and we do not.
TEST_F(PatchGradingTest, TestCodeIsSetBackHoweverADiffSpellsIt) {
  const std::string forge = "import unittest; unittest.TestCase.run = lambda s, r: r.addSuccess(s)";
  const std::vector<std::string> spellings = {
      "*** /dev/null\n--- b/tests/helper_test.py\n***************\n*** 0 ****\n--- 1 ----\n+ " +
          forge + "\n",
      "--- /dev/null\n+++ b//tests/helper_test.py\n@@ -0,0 +1 @@\n+" + forge + "\n",
      "diff --git i/tests/helper_test.py w/tests/helper_test.py\nnew file mode 100644\n"
      "--- /dev/null\n+++ w/tests/helper_test.py\n@@ -0,0 +1 @@\n+" +
          forge + "\n"};
  for (const auto& diff : spellings) {
    const Verdict verdict = grade(diff);
    EXPECT_EQ(verdict.outcome, Outcome::unresolved);
    ASSERT_FALSE(verdict.anomalies.empty()) << diff << verdict.evidence;
    EXPECT_THAT(verdict.anomalies.front(), HasSubstr("was set back: tests/helper_test.py")) << diff;
  }
}

// Tests with certificates or dates that ran out pass only in their own time.
TEST_F(PatchGradingTest, AClockMayBeTheTestsOwn) {
  grading_.test_patch =
      "diff --git a/tests/test_f.py b/tests/test_f.py\nnew file mode 100644\n--- /dev/null\n"
      "+++ b/tests/test_f.py\n@@ -0,0 +1,8 @@\n+import datetime, subprocess, time, unittest\n"
      "+class T(unittest.TestCase):\n+  def test_f(self):\n"
      "+    year = datetime.datetime.now(datetime.timezone.utc).year\n"
      "+    self.assertEqual((year, time.time() // 10), (2019, 1556668800 // 10))\n"
      "+    said = subprocess.run(['date', '+%F'], capture_output=True, text=True).stdout\n"
      "+    self.assertEqual(said, '2019-05-01\\n')\n"
      "+    self.assertLess(time.monotonic(), 1e8)\n";
  const std::string patch = change("def f(): return 2");
  EXPECT_EQ(grade(patch).outcome, Outcome::unresolved);
  grading_.clock = parse_time("2019-05-01T00:00:00Z");
  if (!fs::exists(kClockLibrary)) {
    EXPECT_THROW(grade(patch), InfraError);
    GTEST_SKIP() << "libfaketime is not installed";
  }
  const Verdict verdict = grade(patch);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.evidence;
}

TEST_F(PatchGradingTest, AnEmptyDiffIsRunOnlyOnRequest) {
  EXPECT_THAT(grade("").message, HasSubstr("empty"));
  EXPECT_THAT(grade("", true).message, HasSubstr("still failing"));
}

TEST_F(PatchGradingTest, ADiffThatDoesNotApplyIsTheAgentsFailure) {
  EXPECT_EQ(grade("--- a/none\n+++ b/none\n@@ -1 +1 @@\n-a\n+b\n").outcome, Outcome::unresolved);
}

TEST_F(PatchGradingTest, PrintedPassesWithoutARunnersSummaryAreNotBelieved) {
  const Verdict forged = grade(
      change("import os; os.write(2, b'test_f (tests.test_f.T.test_f) ... ok\\n'); os._exit(0)"));
  EXPECT_EQ(forged.outcome, Outcome::invalid);
}

TEST_F(PatchGradingTest, PassesWithAFailingExitAreNotBelieved) {
  const Verdict forged = grade(change(
      "import os; os.write(2, b'test_f (tests.test_f.T.test_f) ... ok\\nRan 1 test in 0s\\n'); "
      "os._exit(1)"));
  EXPECT_EQ(forged.outcome, Outcome::invalid);
}

TEST_F(PatchGradingTest, TestsTheAgentWroteOverAreReplaced) {
  const std::string own =
      "diff --git a/tests/test_f.py b/tests/test_f.py\nnew file mode 100644\n--- /dev/null\n"
      "+++ b/tests/test_f.py\n@@ -0,0 +1,4 @@\n+import unittest\n+class T(unittest.TestCase):\n"
      "+    def test_f(self):\n+        pass\n";
  EXPECT_EQ(grade(own).outcome, Outcome::unresolved);
}

TEST_F(PatchGradingTest, StandingInTheTestsWayIsNoMachineError) {
  const std::string file =
      "diff --git a/tests/__init__.py b/tests/__init__.py\ndeleted file mode 100644\n"
      "diff --git a/tests b/tests\nnew file mode 100644\n--- /dev/null\n+++ b/tests\n"
      "@@ -0,0 +1 @@\n+a file\n";
  EXPECT_EQ(grade(file).outcome, Outcome::unresolved);
}

TEST_F(PatchGradingTest, MarkersThatOnlyAHarnessWritesVoidTheRun) {
  for (const char* marker : {">>>>> Start Test Output", ">>>>> End Test Output",
                             ">>>>> Test Exit Code", ">>>>> Patch Apply Failed"}) {
    const Verdict printed = grade(change(std::string("f = lambda: print('") + marker + "') or 2"));
    EXPECT_EQ(printed.outcome, Outcome::invalid) << marker;
    EXPECT_THAT(printed.message, HasSubstr(marker));
    ASSERT_TRUE(printed.report);
    EXPECT_FALSE(printed.report->resolved);
  }
}

TEST_F(PatchGradingTest, PassesThatTheRunnersOwnWordsDoNotCountAreNotBelieved) {
  // A pass is printed for a test that fails, and the failure is printed away from its line.
  const Verdict forged = grade(change(
      "import os, sys; os.write(2, b'test_f (tests.test_f.T.test_f) ... ok\\n\\nRan 1 test in "
      "0.001s\\n\\nOK\\n'); f = lambda: 3"));
  EXPECT_NE(forged.outcome, Outcome::resolved) << forged.message;
}

std::string new_file(const std::string& path, const std::string& line) {
  return "diff --git a/" + path + " b/" + path + "\nnew file mode 100644\n--- /dev/null\n+++ b/" +
         path + "\n@@ -0,0 +1 @@\n+" + line + "\n";
}

TEST_F(PatchGradingTest, PlantedTestConfigurationIsSetBackAndTold) {
  // It turns every verdict: unittest reads sitecustomize through Python itself.
  const std::string planted = new_file(
      "sitecustomize.py", "import unittest; unittest.TestCase.assertEqual = lambda *a, **k: None");
  const Verdict verdict = grade(planted);
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_THAT(verdict.anomalies, testing::Contains(HasSubstr("set back: sitecustomize.py")));
  EXPECT_THAT(verdict.anomalies,
              testing::Contains(HasSubstr("with its own test code it would be")));
}

TEST_F(PatchGradingTest, ProjectFilesThatSteerTestsAreSetBack) {
  const std::string right = change("def f(): return 2");
  const Verdict steered = grade(right + new_file("setup.cfg", "[tool:pytest]"));
  EXPECT_THAT(steered.anomalies, testing::Contains(HasSubstr("set back: setup.cfg")));
  const Verdict named = grade(right + new_file("setup.cfg", "[metadata]"));
  EXPECT_EQ(named.outcome, Outcome::resolved);
  EXPECT_TRUE(named.anomalies.empty());
}

// SWE-smith has no test patch, and its tests may be called anything.
TEST_F(PatchGradingTest, FilesThatOnlyTheIdsOfTestsNameAreSetBack) {
  grading_.test_patch.clear();
  grading_.fail_to_pass = {"calc.py::f", "checks.py::T::f"};
  const std::string both = change("def f(): return 2") + new_file("checks.py", "pass");
  const Verdict verdict = grade(both);
  EXPECT_THAT(verdict.anomalies, testing::Contains(HasSubstr("set back: calc.py, checks.py")));
  gold_ = change("def f(): return 2");  // what the solution changes is no test
  EXPECT_THAT(grade(both).anomalies, testing::Contains(HasSubstr("set back: checks.py")));
}

TEST_F(PatchGradingTest, TestCodeThatGoldTouchesTooStays) {
  gold_ = new_file("tests/helper.py", "VALUE = 2");
  const std::string both = change("from tests.helper import VALUE; f = lambda: VALUE");
  const Verdict verdict = grade(both + new_file("tests/helper.py", "VALUE = 2"));
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message;
  EXPECT_TRUE(verdict.anomalies.empty());
  gold_.clear();  // the same, where nobody needs it
  EXPECT_EQ(grade(both + new_file("tests/helper.py", "VALUE = 2")).outcome, Outcome::unresolved);
}

TEST_F(PatchGradingTest, PathsOutsideAndBinaryDiffsAreTheSubmissionsTrouble) {
  EXPECT_EQ(grade(new_file("../outside.py", "x")).outcome, Outcome::unresolved);
  EXPECT_EQ(grade("diff --git a/b.bin b/b.bin\nnew file mode 100644\nBinary files /dev/null and "
                  "b/b.bin differ\n")
                .outcome,
            Outcome::unresolved);
}

TEST_F(PatchGradingTest, TestsThatNeverEndOrPrintForeverAreToldAndEnd) {
  const GradingRoom room{*sandbox_, graders_, *environment_, {}, false, milliseconds(1500)};
  const Verdict endless =
      grade_patch(change("import time; time.sleep(99)"), task_, grading_, gold_, room);
  EXPECT_EQ(endless.outcome, Outcome::unresolved);
  EXPECT_THAT(endless.message, HasSubstr("did not end in time"));
  EXPECT_FALSE(endless.report);
  const Verdict flood = grade(change("import os\\n+while True: os.write(1, b'x' * 65536)"));
  EXPECT_NE(flood.outcome, Outcome::resolved);
}

class RewardGradingTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    task_.id = "t";
    environment_ = prepare_environment(task_, "sha", *sandbox_);
    fs::create_directories(folder_ / "tests");
    write_file(folder_ / "tests/test.sh",
               "#!/bin/bash\nif [ -f /app/ok ]; then r=1; else r=0; fi\necho $r > "
               "/logs/verifier/reward.txt\n");
  }

  Verdict after(const std::string& script) {
    const auto box = sandbox_->create({.from = environment_->snapshot});
    ExecRequest request;
    request.script = script;
    request.env = environment_->env;
    EXPECT_TRUE(box->exec(request).ok());
    return grade_final_state(box->end(), task_, {folder_ / "tests", {}},
                             {*sandbox_, graders_, *environment_, {}, false});
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  EnvironmentPtr environment_;
};

TEST_F(RewardGradingTest, ReadsTheVerifiersReward) {
  EXPECT_EQ(after("touch /app/ok").outcome, Outcome::resolved);
  const Verdict failed = after("true");
  EXPECT_EQ(failed.outcome, Outcome::unresolved);
  ASSERT_EQ(failed.rewards.size(), 1U);
  EXPECT_DOUBLE_EQ(failed.rewards[0].value, 0);
}

TEST_F(RewardGradingTest, ASeededRewardIsGoneBeforeTheVerifierRuns) {
  EXPECT_EQ(after("mkdir -p /logs/verifier; echo 1 > /logs/verifier/reward.json").outcome,
            Outcome::unresolved);
}

TEST_F(RewardGradingTest, ADaemonThatForgesDiesWithTheAgent) {
  EXPECT_EQ(after("(while true; do mkdir -p /logs/verifier; echo 1 > /logs/verifier/reward.json; "
                  "done) > /dev/null 2>&1 & true")
                .outcome,
            Outcome::unresolved);
}

TEST_F(RewardGradingTest, AVerifierRunByReplacedProgramsIsNotBelieved) {
  const Verdict forged = after(
      "mv /usr/bin/bash /usr/bin/bash.real; printf '%s\\n' '#!/usr/bin/bash.real' "
      "'case \"$*\" in *test.sh*) echo 1 > /logs/verifier/reward.txt;; *) exec bash.real \"$@\";; "
      "esac' > /usr/bin/bash; chmod +x /usr/bin/bash");
  EXPECT_EQ(forged.outcome, Outcome::invalid);
  EXPECT_THAT(forged.message, HasSubstr("/usr/bin/bash"));
}

TEST_F(RewardGradingTest, ReplacedFoldersOfProgramsAreSeenToo) {
  const std::string fake = "printf '#!/usr/bin/dash\\necho 1 > /logs/verifier/reward.txt\\n' > ";
  for (const std::string& script :
       {"rm /bin; /usr/bin/mkdir /bin; /usr/bin/cp /usr/bin/sh /usr/bin/dash /bin/; " + fake +
            "/bin/bash; /usr/bin/chmod +x /bin/bash",
        "mkdir /opt/b; cp -a /usr/bin/. /opt/b; rm /opt/b/bash; " + fake +
            "/opt/b/bash; chmod +x /opt/b/bash; mv /usr/bin /usr/old; /usr/old/ln -s /opt/b /usr/bin",
        std::string("cp -a /usr/lib64 /opt/l; ln -sfn /opt/l /lib64; touch /app/ok"),
        std::string("touch /app/ok; echo 'x = 1' >> /usr/lib/python3.11/os.py"),
        std::string("touch /app/ok; echo 'x = 1' >> /usr/lib/python3.11/json/__init__.py"),
        std::string("touch /app/ok; mkdir -p /etc/python3.11; touch /etc/python3.11/sitecustomize.py"),
        std::string("touch /app/ok; mkdir -p /usr/local/lib/python3.11/dist-packages; echo import os > "
                    "/usr/local/lib/python3.11/dist-packages/x.pth")}) {
    const Verdict forged = after(script);
    EXPECT_EQ(forged.outcome, Outcome::invalid) << script;
  }
}

TEST_F(RewardGradingTest, CompiledPythonIsNoForgeryAndForgesNothing) {
  write_file(folder_ / "tests/test.sh",
             "#!/bin/bash\npython3 -c 'import json; print(json.dumps(1))' > /logs/verifier/reward.txt\n");
  EXPECT_EQ(after("touch /usr/lib/python3.11/__pycache__/new.cpython-311.pyc").outcome,
            Outcome::resolved);
  // More of them than one command's words could name.
  EXPECT_EQ(
      after("cd /usr/lib/python3.11/__pycache__; for i in {1..2000}; do : > a_long_name_$i.pyc; "
            "done; touch /app/ok")
          .outcome,
      Outcome::resolved);
  // Compiled from a copy whose source says something else, with the original's time and size.
  const Verdict planted = after(
      "cd /usr/lib/python3.11/json && python3 - <<'E'\nimport importlib.util, marshal, os, struct\n"
      "s = os.stat('__init__.py')\ncode = compile('def dumps(x): return \"0.5\"', '__init__.py', 'exec')\n"
      "with open('__pycache__/__init__.cpython-311.pyc', 'wb') as f:\n"
      "  f.write(importlib.util.MAGIC_NUMBER + struct.pack('<III', 0, int(s.st_mtime), s.st_size) + "
      "marshal.dumps(code))\nE\n");
  EXPECT_EQ(planted.outcome, Outcome::resolved) << planted.message;
}

TEST_F(RewardGradingTest, RewardsThatContradictEachOtherAreVoid) {
  write_file(folder_ / "tests/test.sh",
             "#!/bin/bash\necho '{\"reward\": 1}' > /logs/verifier/reward.json\necho 0 > "
             "/logs/verifier/reward.txt\n");
  EXPECT_EQ(after("true").outcome, Outcome::invalid);
}

TEST_F(RewardGradingTest, WhatTheVerifierLeavesRunningWritesNothingMore) {
  write_file(folder_ / "tests/test.sh",
             "#!/bin/bash\necho 0 > /logs/verifier/reward.txt\n(sleep 0.05; while :; do echo 1 > "
             "/logs/verifier/x; mv /logs/verifier/x /logs/verifier/reward.txt; done) >/dev/null 2>&1 &\n");
  const Verdict verdict = after("true");
  ASSERT_FALSE(verdict.anomalies.empty());
  EXPECT_THAT(verdict.anomalies.front(), HasSubstr("processes behind"));
}

TEST_F(RewardGradingTest, InstallsInAnyScriptOfTheTestsAreMetByTheBase) {
  fs::create_directories(folder_ / "tests/lib");
  write_file(folder_ / "tests/test.sh",
             "#!/bin/bash\nset -e\n. /tests/lib/setup.sh\necho 1 > /logs/verifier/reward.txt\n");
  write_file(folder_ / "tests/lib/setup.sh", "pip install pytest\nuvx pytest --version\n");
  const Verdict met = after("true");
  EXPECT_EQ(met.outcome, Outcome::resolved) << met.evidence;
  EXPECT_THAT(met.evidence, HasSubstr("weir: "));
  fs::rename(folder_ / "tests/lib/setup.sh",
             folder_ / "tests/lib/setup");  // no ending: by its head
  write_file(folder_ / "tests/lib/setup",
             "#!/usr/bin/env bash\npip install pytest\nuvx pytest --version\n");
  write_file(folder_ / "tests/test.sh",
             "#!/bin/bash\nset -e\nbash /tests/lib/setup\necho 1 > /logs/verifier/reward.txt\n");
  EXPECT_EQ(after("true").outcome, Outcome::resolved);
}

TEST_F(RewardGradingTest, StandingInTheVerifiersWayIsNoMachineError) {
  const Verdict verdict = after("printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/rm; chmod +x "
                                "/usr/local/bin/rm; mkdir /tests; ln -s /etc/passwd /tests/test.sh");
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
}

}  // namespace
}  // namespace weir
