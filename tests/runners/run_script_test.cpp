// SWE-bench Pro's way of grading, whole: run_script.sh in a box with the submission, parser.py in
// one without; and what a submission tries against it. A rootfs folder stands for the image, whose
// `python` runs shell scripts: what is tested is where the parser runs and what it is believed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/grade/grader.hpp"
#include "runners/grade/log_program.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/rootfs.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* kTestPatch =
    "diff --git a/tests/check.sh b/tests/check.sh\n--- a/tests/check.sh\n+++ b/tests/check.sh\n"
    "@@ -1 +1,2 @@\n true\n+. ./f; [ \"$f\" = new ] && echo 'fixed PASSED' || echo 'fixed "
    "FAILED'\n";

constexpr const char* kRunScript = R"sh(#!/bin/bash
set -e
IFS=',' read -r -a FILES <<< "$1"
echo "Running: ${FILES[*]}" >&2
for file in "${FILES[@]}"; do bash "$file"; done
echo 'kept PASSED'
)sh";

/// As a parser.py: one test for each line of either log that ends in a status.
constexpr const char* kParser = R"sh(
printf '{"tests":[' > "$3"
cat "$1" "$2" | sed -n 's/^\([a-z]*\) \([A-Z]*\)$/{"name":"\1","status":"\2"}/p' | tr '\n' , |
  sed 's/,$//' >> "$3"
printf ']}' >> "$3"
)sh";

/// Sets the file `f`, which the tests source.
std::string change(const std::string& to) {
  return "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-f=old\n+" + to + "\n";
}

std::string new_file(const std::string& path, const std::string& line) {
  return "diff --git a/" + path + " b/" + path + "\nnew file mode 100755\n--- /dev/null\n+++ b/" +
         path + "\n@@ -0,0 +1 @@\n+" + line + "\n";
}

class RunScriptTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0) return;
    rootfs_ = std::make_unique<TemporaryFolder>();
    make_rootfs(rootfs_->path(), kGradingPrograms);
    write_file(rootfs_->path() / "bin/python", "#!/bin/bash\nexec bash \"$@\"\n");
    fs::permissions(rootfs_->path() / "bin/python", fs::perms(0755));
    const ProcessResult made = run_process(
        {.argv = {"bash", "-c", kRepository, "make", (rootfs_->path() / "app").string()}});
    ASSERT_TRUE(made.ok()) << made.err;
    commit_ = made.out.substr(0, 40);
  }
  static void TearDownTestSuite() { rootfs_.reset(); }

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    task_.id = "instance_o__r-1";
    task_.deliverable = Deliverable::patch;
    task_.environment.base = "o/r:1";
    task_.environment.workdir = "/app";
    task_.environment.workdir_declared = true;
    task_.environment.repository = Repository{"o/r", commit_, {}, true};
    grading_.rule = VerdictRule::swe_bench_pro;
    grading_.test_patch = kTestPatch;
    grading_.test_command = std::string("set -- tests/check.sh\n") + kRunScript;
    grading_.log_program = LogProgram{LogProgram::Call::script, kParser};
    grading_.fail_to_pass = {"fixed"};
    grading_.pass_to_pass = {"kept"};
  }

  Verdict grade(const std::string& patch) {
    const auto built = prepare_environment(task_, "sha", *sandbox_, rootfs_->path().string());
    return grade_patch(patch, task_, grading_, "", {*sandbox_, graders_, *built, {}, true});
  }

  /// The commit, and a work tree in which a build changed what it tracks.
  static constexpr const char* kRepository = R"sh(
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
rm -rf "$1"; git init -q -b main "$1"; cd "$1"; mkdir tests
echo f=old > f; echo true > tests/check.sh; echo old > lock
git add -A; git commit -qm one; git rev-parse HEAD
echo built > lock
)sh";

  static inline std::unique_ptr<TemporaryFolder> rootfs_;
  static inline std::string commit_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  PatchGrading grading_;
};

TEST_F(RunScriptTest, GoldResolvesAndTheBaseDoesNot) {
  const Verdict fixed = grade(change("f=new"));
  EXPECT_EQ(fixed.outcome, Outcome::resolved) << fixed.message << fixed.evidence;
  EXPECT_TRUE(fixed.anomalies.empty());
  EXPECT_THAT(fixed.test_log, HasSubstr("fixed PASSED\nkept PASSED\n"));
  EXPECT_THAT(fixed.test_log, HasSubstr("Running: tests/check.sh"));
  ASSERT_TRUE(fixed.report);
  EXPECT_TRUE(fixed.report->resolved);
  const Verdict empty = grade("");
  EXPECT_EQ(empty.outcome, Outcome::unresolved);
  EXPECT_EQ(empty.message, "still failing: fixed");
}

TEST_F(RunScriptTest, WhatABuildChangedOfTheRepositoryIsPutBack) {
  const auto built = prepare_environment(task_, "sha", *sandbox_, rootfs_->path().string());
  const auto box = sandbox_->create({.from = built->snapshot});
  ExecRequest request;
  request.script = "cat lock; git status --short";
  request.cwd = "/app";
  EXPECT_EQ(box->exec(request).out.bytes, "old\n");
}

TEST_F(RunScriptTest, OnlyWhatGitAppliesByItselfApplies) {
  const std::string fuzzy = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-f=other\n+f=new\n";
  const Verdict verdict = grade(fuzzy);
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_FALSE(verdict.applied);
  const Verdict binary = grade(change("f=new") +
                               "diff --git a/y b/y\nnew file mode 100644\nindex 0..2\nBinary files "
                               "/dev/null and b/y differ\n");
  EXPECT_EQ(binary.outcome, Outcome::resolved) << binary.message;
  EXPECT_THAT(binary.anomalies, Contains(HasSubstr("binary files")));
}

TEST_F(RunScriptTest, ForgedLinesAreReportedBothWays) {
  const Verdict before = grade(change("echo 'fixed PASSED'; f=old"));
  EXPECT_EQ(before.outcome, Outcome::invalid);
  EXPECT_THAT(before.message, HasSubstr("both to have passed and to have failed: fixed"));
  const Verdict on_stderr = grade(change("echo 'fixed PASSED' >&2; f=old"));
  EXPECT_EQ(on_stderr.outcome, Outcome::invalid);
}

TEST_F(RunScriptTest, AParserOfTheSubmissionsIsNotTheParser) {
  const std::string lie =
      "echo '{\"tests\":[{\"name\":\"fixed\",\"status\":\"PASSED\"},"
      "{\"name\":\"kept\",\"status\":\"PASSED\"}]}'";
  const Verdict planted = grade(
      change("mkdir -p /workspace; cp parser.py /workspace/; cp parser.py /bin/python; f=old") +
      new_file("parser.py", lie + " > \"$3\"") + new_file("json.py", "x"));
  EXPECT_EQ(planted.outcome, Outcome::unresolved) << planted.message;
  const Verdict written =
      grade(change("mkdir -p /workspace; " + lie + " > /workspace/output.json; f=old"));
  EXPECT_EQ(written.outcome, Outcome::unresolved) << written.message;
  EXPECT_EQ(written.message, "still failing: fixed");
}

TEST_F(RunScriptTest, TestsThatAreKilledHalfwayResolveNothing) {
  const Verdict killed = grade(change("echo 'fixed PASSED'; echo 'kept PASSED'; kill -9 $PPID $$"));
  EXPECT_EQ(killed.outcome, Outcome::invalid);
  EXPECT_THAT(killed.message, HasSubstr("ended with 137"));
  const Verdict quiet = grade(change("kill -9 $PPID $$"));
  EXPECT_EQ(quiet.outcome, Outcome::unresolved);
  // A runner that always closes has not; its exit code says nothing.
  grading_.test_command = "set -- tests/check.sh\n# as pytest\nbash \"$1\"; echo 'kept PASSED'\n";
  const Verdict early = grade(change("echo 'fixed PASSED'; exit 0"));
  EXPECT_EQ(early.outcome, Outcome::invalid);
  EXPECT_THAT(early.message, HasSubstr("lacks the runner's own summary"));
}

TEST_F(RunScriptTest, AHarnessesMarkersVoid) {
  const Verdict verdict = grade(change("echo '>>>>> Start Test Output'; f=new"));
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("only a harness writes"));
}

TEST_F(RunScriptTest, AScriptIsReadBeforeItRuns) {
  const Verdict verdict = grade(
      change("for s in /tmp/weir-eval/*; do echo \"echo 'fixed PASSED'\" >> $s; done; f=old"));
  EXPECT_EQ(verdict.outcome, Outcome::unresolved) << verdict.message;
  EXPECT_EQ(verdict.message, "still failing: fixed");
}

TEST_F(RunScriptTest, AParserThatFailsVoids) {
  const auto message = [&](const std::string& parser) {
    grading_.log_program->text = parser;
    const Verdict verdict = grade(change("f=new"));
    EXPECT_EQ(verdict.outcome, Outcome::invalid);
    return verdict.message;
  };
  EXPECT_THAT(message("echo 'KeyError: x' >&2; exit 1"), HasSubstr("ended with 1: KeyError: x"));
  EXPECT_THAT(message("true"), HasSubstr("wrote no output"));
  EXPECT_THAT(message("echo [] > $3"), HasSubstr("no array \"tests\""));
  EXPECT_THAT(message("mkdir $3"), HasSubstr("wrote no output"));
}

TEST_F(RunScriptTest, WithoutPythonItIsTheMachinesError) {
  fs::rename(rootfs_->path() / "bin/python", rootfs_->path() / "bin/python.away");
  try {
    (void)grade(change("f=new"));
    ADD_FAILURE() << "graded";
  } catch (const InfraError& error) {
    EXPECT_THAT(error.what(), HasSubstr("its environment has no python"));
  }
  fs::rename(rootfs_->path() / "bin/python.away", rootfs_->path() / "bin/python");
}

TEST_F(RunScriptTest, AFunctionOfTheDataSetsReadsTheLogOnTheHost) {
  const auto built = prepare_environment(task_, "sha", *sandbox_, rootfs_->path().string());
  const GradingRoom room{*sandbox_, graders_, *built, {}, true};
  const auto read = [&](const std::string& text, const std::string& log) {
    return read_by_program({LogProgram::Call::function, text}, log, "", room);
  };
  const auto found = read(
      "import re\ndef parser(log):\n  print('noise')\n"
      "  return {m[1]: m[2] for m in re.finditer(r'(\\S+) (pass|fail)', log)}\n",
      "t.c::\xc3\xa9 pass\nb fail\n\xff");
  EXPECT_EQ(found.failure, "");
  ASSERT_EQ(found.tests.size(), 2U);
  EXPECT_EQ(found.tests[0].name, "t.c::\xc3\xa9");
  EXPECT_EQ(found.tests[1].status, "fail");
  EXPECT_TRUE(read("def parser(log):\n  return None\n", "").failure.empty());
  EXPECT_THAT(read("def other(log):\n  pass\n", "").failure, HasSubstr("KeyError: 'parser'"));
  EXPECT_THAT(read("def parser(log):\n  return log[5]\n", "").failure, HasSubstr("IndexError"));
  EXPECT_THAT(read("def parser(log:\n", "").failure, HasSubstr("SyntaxError"));
  EXPECT_THAT(read("def parser(log):\n  return {'a': 1}\n", "").failure, HasSubstr("tests[0]"));
}

}  // namespace
}  // namespace weir
