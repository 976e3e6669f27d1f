// Artifacts, and verifiers in boxes of their own: what an agent could try to pass on.

#include "runners/grade/artifacts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = BuildStep::Kind;

class ArtifactsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    task_.id = "t";
    environment_ = prepare_environment(task_, "sha", *sandbox_);
    box_ = sandbox_->create(environment_->on(environment_->snapshot));
    fs::create_directories(folder_ / "tests");
    tests_say("[ -f /app/answer ] && [ \"$(cat /app/answer)\" = 42 ]");
  }
  /// What test.sh takes for a pass.
  void tests_say(const std::string& rule) const {
    write_file(folder_ / "tests/test.sh", "#!/bin/bash\n" + rule +
                                              " && r=1 || r=0\n"
                                              "echo $r > /logs/verifier/reward.txt\n");
  }
  void agent(const std::string& script) const {
    ExecRequest request;
    request.script = script;
    request.env = environment_->env;
    request.merge_stderr = true;
    const ExecResult result = box_->exec(request);
    EXPECT_TRUE(result.ok()) << result.out.bytes << result.message;
  }
  std::vector<KeptArtifact> take(const std::vector<Artifact>& artifacts) {
    return take_artifacts(*box_, artifacts, "/app", folder_ / "out");
  }
  Verdict grade(const std::vector<Artifact>& artifacts, bool separate) {
    RewardGrading grading{folder_ / "tests", {}};
    grading.artifacts = artifacts;
    GradingRoom room{*sandbox_, graders_, *environment_, {}};
    if (separate) room.verifier = verifier();
    room.artifacts = folder_ / "kept";
    return grade_final_state(box_->end(), task_, grading, room);
  }
  EnvironmentPtr verifier() const {
    AgentTask own;
    own.id = "v";
    own.environment.build = verifier_build_;
    own.environment.build_context = folder_ / "tests";
    return prepare_environment(own, "sha", *sandbox_);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  EnvironmentPtr environment_;
  std::unique_ptr<Box> box_;
  std::vector<BuildStep> verifier_build_;
};

TEST_F(ArtifactsTest, LieAtTheirSourceOrTheirDestination) {
  agent(
      "mkdir -p /app/out/deep && echo 1 > /app/out/deep/a && echo 2 > /app/out/b.o && "
      "echo '#!/bin/sh' > /app/run.sh && chmod +x /app/run.sh && echo 3 > /logs/artifacts/c");
  const auto taken = take({{"/app/out", "", {"*.o"}, ""}, {"run.sh", "bin/run", {}, "main"}});
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].source, "/logs/artifacts");  // the format's own place, always
  EXPECT_EQ(taken[1].path, "app/out");
  EXPECT_EQ(taken[1].files, 1);
  EXPECT_EQ(taken[1].note, "");
  EXPECT_EQ(taken[2].source, "/app/run.sh");
  EXPECT_EQ(read_file(folder_ / "out/app/out/deep/a"), "1\n");
  EXPECT_FALSE(fs::exists(folder_ / "out/app/out/b.o"));
  EXPECT_NE(fs::status(folder_ / "out/bin/run").permissions() & fs::perms::owner_exec,
            fs::perms::none);
}

TEST_F(ArtifactsTest, WhatIsNoFileIsLeftAndTold) {
  agent(
      "mkdir /app/out && ln -s /etc/shadow /app/out/link && mkfifo /app/out/pipe && "
      "ln -s /etc/shadow /app/shadow && ln -s /tests /app/tests && "
      "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('/app/out/door')\"");
  const auto taken = take({{"/app/out", "", {}, ""},
                           {"/app/shadow", "", {}, ""},
                           {"/app/tests", "", {}, ""},
                           {"/app/none", "", {}, ""},
                           {"/app/x", "", {}, "db"}});
  ASSERT_EQ(taken.size(), 5U);
  EXPECT_EQ(taken[0].files, 0);
  EXPECT_THAT(taken[0].note, HasSubstr("neither a file nor a folder (and 2 more)"));
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(taken[i].path, "") << taken[i].source;
    EXPECT_NE(taken[i].note, "") << taken[i].source;
  }
  EXPECT_THAT(taken[4].note, HasSubstr("no service db"));
}

TEST_F(ArtifactsTest, WhatIsTooLargeIsLeftAndTold) {
  agent(
      "truncate -s 10G /app/huge && mkdir /app/many && truncate -s 10G /app/many/huge && "
      "echo 1 > /app/many/small");
  const auto taken = take({{"/app/huge", "", {}, ""}, {"/app/many", "", {}, ""}});
  EXPECT_EQ(taken.at(0).path, "");
  EXPECT_THAT(taken.at(0).note, HasSubstr("/app/huge: too large"));
  EXPECT_THAT(taken.at(1).note, HasSubstr("/app/many/huge: too large"));
  EXPECT_EQ(taken.at(1).files, 1);
}

TEST_F(ArtifactsTest, OfTwoWithOnePlaceTheFirstIsKept) {
  agent("mkdir /app/a && echo 1 > /app/a/x && echo 2 > /app/b");
  const auto taken = take({{"/app/a", "here", {}, ""}, {"/app/b", "here/x", {}, ""}});
  EXPECT_EQ(taken.at(0).path, "here");
  EXPECT_EQ(taken.at(1).path, "");
  EXPECT_THAT(taken.at(1).note, HasSubstr("earlier artifact"));
  EXPECT_EQ(read_file(folder_ / "out/here/x"), "1\n");
}

TEST_F(ArtifactsTest, ASharedVerifiersTrialKeepsThemToo) {
  agent("echo 42 > /app/answer");
  const Verdict verdict = grade({{"/app/answer", "", {}, ""}}, false);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message;
  ASSERT_EQ(verdict.artifacts.size(), 1U);
  EXPECT_EQ(read_file(folder_ / "kept/app/answer"), "42\n");
  EXPECT_FALSE(fs::exists(folder_ / "kept/logs"));  // nothing was handed in
}

TEST_F(ArtifactsTest, ASeparateVerifierSeesArtifactsAlone) {
  agent("echo 42 > /app/answer && echo mine > /app/other && echo mine > /tmp/other");
  tests_say("[ \"$(cat /app/answer)\" = 42 ] && [ ! -e /app/other ] && [ ! -e /tmp/other ]");
  const Verdict verdict = grade({{"/app/answer", "elsewhere", {}, ""}}, true);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message << verdict.evidence;
  EXPECT_THAT(verdict.anomalies, IsEmpty());
}

TEST_F(ArtifactsTest, ASeparateVerifiersBoxMayBringItsTests) {
  verifier_build_ = {{Kind::run, {"mkdir -p /tests; echo own > /mark"}},
                     {Kind::copy, {"test.sh", "/tests/test.sh"}}};
  tests_say("[ -e /mark ] && [ -e /app/answer ]");
  agent("echo 42 > /app/answer; rm -rf /tests; mkdir /tests; echo 'exit 1' > /tests/test.sh");
  EXPECT_EQ(grade({{"/app/answer", "", {}, ""}}, true).outcome, Outcome::resolved);
}

TEST_F(ArtifactsTest, NothingAnAgentLeftBehindReachesASeparateVerifier) {
  // Each would turn a verifier that shares the agent's box: a verdict, a daemon that writes one,
  // another python, a library for every program.
  agent(
      "mkdir -p /logs/verifier /tests && echo 1 > /logs/verifier/reward.txt && "
      "echo 'echo 1 > /logs/verifier/reward.txt' > /tests/test.sh && "
      "(setsid bash -c 'while :; do echo 1 > /logs/verifier/reward.txt; sleep 0.01; done' "
      "> /dev/null 2>&1 &) ; printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/python3 && "
      "chmod +x /usr/local/bin/python3 && echo /app/evil.so > /etc/ld.so.preload");
  tests_say("python3 -c 'import sys; sys.exit(open(\"/app/answer\").read() != \"42\\n\")'");
  const std::vector<Artifact> all = {{"/app/answer", "", {}, ""},
                                     {"/logs", "", {}, ""},
                                     {"/tests", "", {}, ""},
                                     {"/", "all", {}, ""}};
  const Verdict verdict = grade(all, true);
  EXPECT_EQ(verdict.outcome, Outcome::unresolved) << verdict.message << verdict.evidence;
  EXPECT_THAT(verdict.anomalies, Contains(HasSubstr("/tests: lies where the verifier's own")));
}

TEST_F(ArtifactsTest, AnArtifactThatReplacesTheVerifiersProgramsVoidsAPass) {
  agent(
      "printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/python3 && "
      "chmod +x /usr/local/bin/python3");
  tests_say("python3 -c 'raise SystemExit(1)'");
  const Verdict verdict = grade({{"/usr/local/bin", "", {}, ""}}, true);
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("/usr/local/bin/python3"));
}

TEST_F(ArtifactsTest, ALinkAsArtifactGivesTheVerifierNothing) {
  agent("rm -rf /app && mkdir /app && ln -s /tests/secret /app/answer");
  write_file(folder_ / "tests/secret", "42\n");
  const Verdict verdict = grade({{"/app/answer", "", {}, ""}}, true);
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  ASSERT_EQ(verdict.artifacts.size(), 1U);
  EXPECT_EQ(verdict.artifacts[0].path, "");
}

}  // namespace
}  // namespace weir
