// Instances that live in their own image, graded by their eval script. A rootfs folder stands for
// the image: what an engine does is in tests/extras.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/grade/grader.hpp"
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
using testing::Not;

constexpr const char* kTestPatch =
    "diff --git a/tests/check.sh b/tests/check.sh\n--- a/tests/check.sh\n+++ b/tests/check.sh\n"
    "@@ -1 +1,2 @@\n true\n+[ \"$(cat f)\" = new ] && w=ok || w=not\n"
    "diff --git a/tests/more.sh b/tests/more.sh\nnew file mode 100644\n--- /dev/null\n"
    "+++ b/tests/more.sh\n@@ -0,0 +1 @@\n+echo \"PASS: more\"\n";

/// Says as go test does whether the tests passed.
constexpr const char* kReport =
    "if [ \"$w\" = ok ]; then printf -- '--- PASS: fixed (0.1s)\\nPASS\\nok  \\to/r\\t0.1s\\n'; "
    "else "
    "printf -- '--- FAIL: fixed (0.1s)\\nFAIL\\nFAIL\\to/r\\t0.1s\\nFAIL\\n'; exit 1; fi";

std::string change(const std::string& file, const std::string& from, const std::string& to) {
  return "diff --git a/" + file + " b/" + file + "\n--- a/" + file + "\n+++ b/" + file +
         "\n@@ -1 +1 @@\n-" + from + "\n+" + to + "\n";
}

std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const InfraError& error) {
    return error.what();
  }
  return "no error";
}

class InstanceImageTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() != 0) return;
    rootfs_ = std::make_unique<TemporaryFolder>();
    make_rootfs(rootfs_->path(), kGradingPrograms);
    const ProcessResult made = run_process(
        {.argv = {"bash", "-c", kRepository, "make", (rootfs_->path() / "testbed").string()}});
    ASSERT_TRUE(made.ok()) << made.err;
    commit_ = made.out.substr(0, 40);
    write_file(rootfs_->path() / "root/.profile", "export ACTIVATED='by the login shell'\n");
  }
  static void TearDownTestSuite() { rootfs_.reset(); }

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    task_.id = "o__r-1";
    task_.deliverable = Deliverable::patch;
    task_.environment.base = "o/r:1";
    task_.environment.workdir = "/testbed";
    task_.environment.workdir_declared = true;
    task_.environment.repository = Repository{"o/r", commit_, {}};
    grading_.test_patch = kTestPatch;
    grading_.prepare =
        "set -uxo pipefail\nexport PREPARED=yes\nplain=1\nhelp() { echo \"$1: $plain\"; }\n"
        "git checkout task-base tests/check.sh\ngit apply -v - <<'E'\n" +
        std::string(kTestPatch) + "E\ncd tests\n";
    grading_.prepare_places_tests = true;
    grading_.test_command =
        std::string("cd ..\n(. tests/check.sh; help \"$PREPARED\"; ") + kReport + ") | cat\n";
    grading_.log_parser = "parse_log_gotest";
    grading_.fail_to_pass = {"fixed"};
  }

  EnvironmentPtr environment(const std::string& bug = "") {
    return prepare_environment(task_, "sha", *sandbox_, rootfs_->path().string(), {}, {}, bug);
  }

  std::string in(const PreparedEnvironment& environment, const std::string& script) {
    const auto box = sandbox_->create({.from = environment.snapshot});
    ExecRequest request;
    request.script = script;
    request.cwd = environment.workdir;
    request.env = environment.env;
    request.merge_stderr = true;
    return box->exec(request).out.bytes;
  }

  Verdict grade(const std::string& patch) {
    const auto built = environment();
    return grade_patch(patch, task_, grading_, "", {*sandbox_, graders_, *built, {}, true});
  }

  /// A repository with a past, a future, a remote, builds, stray files and a submodule.
  static constexpr const char* kRepository = R"sh(
set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q -b main "$1"; cd "$1"; mkdir tests
echo old > f; echo true > tests/check.sh; echo '*.o' > .gitignore; echo kept > tracked.o
git init -q -b main sub; echo s > sub/s
git -C sub add -A; git -C sub commit -qm sub
git add -f f tests .gitignore tracked.o; git add sub 2>/dev/null; git commit -qm one
git rev-parse HEAD
echo 'the future fix' > f; git commit -qam two; git tag v2; git branch later
git reset -q --hard HEAD~1
git remote add origin https://example.org/o/r; git stash -q || :
echo built > x.o; echo stray > stray; echo own >> .git/info/exclude; echo mine > own
)sh";

  static inline std::unique_ptr<TemporaryFolder> rootfs_;
  static inline std::string commit_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  PatchGrading grading_;
};

TEST_F(InstanceImageTest, TheImagesRepositoryIsOneCommitWithoutHistory) {
  const auto built = environment();
  EXPECT_EQ(in(*built,
               "git rev-list --all | wc -l; git reflog | wc -l; git remote; git tag; "
               "git branch -a --format '%(refname:short)'; git status --short; "
               "git ls-files | tr '\\n' ' '; echo; cat f x.o own"),
            "1\n1\ntask-base\nmain\n.gitignore f stray sub/s tests/check.sh tracked.o \n"
            "old\nbuilt\nmine\n");
  EXPECT_EQ(in(*built, "git cat-file -e " + commit_ +
                           " || echo absent; find / -xdev -name .git; "
                           "grep -r future .git | head -n 1"),
            "absent\n/testbed/.git\n");
  EXPECT_TRUE(built->deviations.empty());
}

TEST_F(InstanceImageTest, AnotherStateThanTheBaseIsTold) {
  task_.environment.repository->commit = std::string(40, 'a');
  EXPECT_THAT(environment()->deviations, Contains(HasSubstr("does not hold the commit aaaa")));
}

TEST_F(InstanceImageTest, CommandsSeeWhatALoginShellDoes) {
  const auto built = environment();
  EXPECT_EQ(in(*built, "echo $ACTIVATED"), "by the login shell\n");
  EXPECT_EQ(built->bare_env.count("ACTIVATED"), 0U);
}

TEST_F(InstanceImageTest, ABugIsPutInBeforeTheAgentComes) {
  EXPECT_EQ(
      in(*environment(change("f", "old", "broken")), "cat f; git rev-list --all | wc -l; ls /tmp"),
      "broken\n1\n");
  EXPECT_THAT(failure_of([&] { (void)environment(change("f", "none", "broken")); }),
              HasSubstr("the bug does not apply"));
}

TEST_F(InstanceImageTest, AnImageWithoutARepositoryIsNamed) {
  task_.environment.workdir = "/app";
  EXPECT_THAT(failure_of([&] { (void)environment(); }), HasSubstr("no git repository at /app"));
}

TEST_F(InstanceImageTest, TheEvalScriptDecides) {
  const Verdict fixed = grade(change("f", "old", "new"));
  EXPECT_EQ(fixed.outcome, Outcome::resolved) << fixed.message << fixed.evidence;
  EXPECT_THAT(fixed.test_log, HasSubstr("yes: 1\n"));  // variables and functions are taken along
  EXPECT_THAT(fixed.test_log, HasSubstr("+ cat"));     // and the trace, which some parsers read
  EXPECT_THAT(fixed.test_log, Not(HasSubstr("weir")));
  EXPECT_TRUE(fixed.anomalies.empty());
  const Verdict empty = grade("");
  EXPECT_EQ(empty.outcome, Outcome::unresolved);
  EXPECT_THAT(empty.message, HasSubstr("still failing: fixed"));
}

TEST_F(InstanceImageTest, TheExitCodeIsTheTestCommandsOwn) {
  grading_.test_command += "exit 3\n";
  const Verdict verdict = grade(change("f", "old", "new"));
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("ended with 3"));
}

TEST_F(InstanceImageTest, ThePreparationsArgumentsAreTheTests) {
  grading_.prepare += "set -- 'a b' c\n";
  grading_.test_command = "w=ok; [ \"$1+$2+$#\" = 'a b+c+2' ] || w=not\n" + std::string(kReport);
  EXPECT_EQ(grade(change("f", "old", "new")).outcome, Outcome::resolved);
}

TEST_F(InstanceImageTest, WhatThePreparationPrintsIsNoLog) {
  grading_.prepare += "printf -- '--- PASS: fixed (0.1s)\\nPASS\\nok  \\to/r\\t0.1s\\n'\n";
  EXPECT_EQ(grade("").outcome, Outcome::unresolved);
  grading_.test_command = "true\n";
  EXPECT_NE(grade(change("f", "old", "new")).outcome, Outcome::resolved);
}

TEST_F(InstanceImageTest, HiddenTestsAreTheInstancesWhateverThePreparationDid) {
  grading_.prepare += "echo 'w=ok' > check.sh; rm more.sh\n";
  const Verdict verdict = grade("");
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_THAT(verdict.anomalies, Contains(HasSubstr("tests/check.sh, tests/more.sh")));
}

TEST_F(InstanceImageTest, FilesInTheWayOfNewTestsAreSetBack) {
  const std::string own =
      "diff --git a/tests/more.sh b/tests/more.sh\nnew file mode 100644\n"
      "--- /dev/null\n+++ b/tests/more.sh\n@@ -0,0 +1 @@\n+mine\n";
  const Verdict verdict = grade(change("f", "old", "new") + own);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message;
  EXPECT_TRUE(verdict.anomalies.empty());
}

TEST_F(InstanceImageTest, WhatThePreparationLeavesRunningIsEnded) {
  grading_.prepare += "(sleep 1000 > /dev/null 2>&1 &)\n";
  const Verdict verdict = grade(change("f", "old", "new"));
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message;
  EXPECT_THAT(verdict.anomalies, Contains(HasSubstr("left 1 processes behind")));
}

TEST_F(InstanceImageTest, APassByProgramsThatThePreparationChangedIsNotBelieved) {
  grading_.prepare += "printf '#!/bin/bash\\n' > /usr/bin/git; chmod +x /usr/bin/git\n";
  const Verdict verdict = grade(change("f", "old", "new"));
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("/usr/bin/git"));
}

TEST_F(InstanceImageTest, APreparationThatEndsEarlyIsNoMachineError) {
  grading_.prepare += "exit 7\n";
  const Verdict verdict = grade(change("f", "old", "new"));
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_THAT(verdict.message, HasSubstr("ended before they began (exit code 7)"));
}

// What is looked for ends somewhere: behind so many changes another could hide.
TEST_F(InstanceImageTest, APreparationThatChangesMoreThanCanBeToldIsNotBelieved) {
  const std::string prepare = grading_.prepare;
  for (const char* files : {"/opt/site-packages/_pytest/__pycache__/$i.pyc", "../build/$i.pth"}) {
    grading_.prepare = prepare + "for i in {1..10000}; do : > " + files + "; done\n";
    grading_.prepare.insert(0, "mkdir -p /opt/site-packages/_pytest/__pycache__ build\n");
    const Verdict verdict = grade(change("f", "old", "new"));
    EXPECT_EQ(verdict.outcome, Outcome::invalid) << files;
    EXPECT_THAT(verdict.message, HasSubstr("more files than can be looked through")) << files;
  }
}

// Whoever killed it, another time it may go otherwise: no verdict to keep.
TEST_F(InstanceImageTest, AKilledPreparationSaysNothingOfTheDiff) {
  grading_.prepare += "kill -9 $$\n";
  const Verdict verdict = grade(change("f", "old", "new"));
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_THAT(verdict.message, HasSubstr("ended before they began"));
  EXPECT_TRUE(verdict.applied);
  EXPECT_FALSE(verdict.report);
}

TEST_F(InstanceImageTest, APassUnderTestSettingsThatThePreparationWroteIsNotBelieved) {
  grading_.prepare += "printf '[tool:pytest]\naddopts = -p x\n' > ../setup.cfg\n";
  const Verdict verdict = grade(change("f", "old", "new"));
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("setup.cfg"));
}

TEST_F(InstanceImageTest, OneTimeLimitHoldsForAll) {
  const auto built = environment();
  grading_.prepare += "sleep 100\n";
  const Verdict verdict = grade_patch("", task_, grading_, "",
                                      {*sandbox_, graders_, *built, {}, true, milliseconds(500)});
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  EXPECT_THAT(verdict.message, HasSubstr("did not end in time"));
}

TEST_F(InstanceImageTest, ALogMayBePrintedByACommandOfItsOwn) {
  grading_.prepare.clear();
  grading_.prepare_places_tests = false;
  grading_.test_command = std::string("(. tests/check.sh; ") + kReport + ") > log";
  grading_.print = "cat log";
  EXPECT_EQ(grade(change("f", "old", "new")).outcome, Outcome::resolved);
  EXPECT_EQ(grade("").outcome, Outcome::unresolved);
}

}  // namespace
}  // namespace weir
