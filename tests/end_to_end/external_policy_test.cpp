// Anyone's router in a real run: `policy = { exec = ... }`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/files.hpp"
#include "tests/end_to_end/scripted.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

std::string four_turns(const Asked& asked) {
  return asked.turn < 4 ? "echo " + std::to_string(asked.turn)
                        : "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";
}

class ExternalPolicyRun : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  /// `body` answers each line it reads, as $line.
  Ran run(const std::string& body, const std::string& more = "") {
    write_file(scripted_.path("p.sh"),
               "read -r first; while read -r line; do\n" + body + "\ndone\n");
    return scripted_.run("", "policy = { exec = \"bash p.sh\", timeout = \"2s\"" + more + " }\n");
  }
  Scripted scripted_{four_turns};
};

TEST_F(ExternalPolicyRun, RoutesByItsAnswers) {
  const Ran ran = run(R"(case "$line" in
    *'"event":"choose"'*'"turn":4'*) echo '{"tier": 1}';;
    *'"event":"choose"'*) echo '{"tier": 0}';;
    *'echo 2'*'"event":"result"'*) [[ $line == *'"tier":0'* ]] && echo '{"action":"escalate"}' || echo '{"action":"accept"}';;
    *) echo '{"action": "accept"}';;
  esac)");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(scripted_.escalations(), HasSubstr("2.result exec rerun exact"));
  EXPECT_THAT(scripted_.escalations(), HasSubstr("4.choose exec"));
}

TEST_F(ExternalPolicyRun, ItsScoreMeetsTheFilesThreshold) {
  write_file(scripted_.path("how.toml"),
             "redo = \"next_turn\"\nstay = 2\n[score]\nthreshold = 0.7\n");
  const Ran ran = run(R"(case "$line" in
    *'"event":"choose"'*) echo '{"tier": 0}';;
    *'echo 1'*'"event":"draft"'*) echo '{"score": 0.7}';;
    *) echo '{"score": 0.6}';;
  esac)",
                      ", file = \"how.toml\"");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted_.tiers(), "0110");
  EXPECT_EQ(scripted_.query("SELECT max(score) FROM v_decision"), "0.7");
}

TEST_F(ExternalPolicyRun, OneThatCrashesHangsOrTalksNonsenseFailsItsArm) {
  for (const auto& [body, why] :
       std::map<std::string, std::string>{{"exit 4", "exit code 4"},
                                          {"sleep 30", "gave no answer"},
                                          {"echo hello", "not a JSON object"}}) {
    const Ran ran = run(body);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;  // a result, not missing data
    EXPECT_EQ(scripted_.query("SELECT outcome || ' ' || error_class FROM v_trial"),
              "agent_error policy_error");
    EXPECT_THAT(scripted_.query("SELECT message FROM try"), HasSubstr(why));
    EXPECT_EQ(scripted_.query("SELECT count(*) FROM try"), "1");
  }
}

TEST_F(ExternalPolicyRun, OneThatIsNotThereFailsItsTrialsAndNothingElse) {
  scripted_.attempts = 3;
  for (const char* program : {"no-such-program", "exit 0"}) {
    const Ran ran = scripted_.run("", std::string("policy = { exec = \"") + program + "\" }\n");
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_EQ(scripted_.query("SELECT count(*) FROM v_trial WHERE outcome = 'agent_error'"), "3");
  }
}

TEST_F(ExternalPolicyRun, TheWallLimitEndsAWaitForIt) {
  const Ran ran =
      scripted_.run("", "policy = { exec = \"sleep 30\", timeout = \"20s\" }\n", "wall = \"1s\"\n");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(scripted_.query("SELECT stop_reason || (wall_ms < 6000) FROM v_trial"), "wall1");
}

TEST_F(ExternalPolicyRun, WhatItIsIsPartOfTheArmsIdentity) {
  ASSERT_EQ(run("echo '{\"tier\":0,\"action\":\"accept\"}'").exit_code, 0);
  const std::string before = scripted_.query("SELECT policy_sha256 FROM v_trial");
  ASSERT_EQ(run("echo '{\"tier\":0,\"score\":0}'").exit_code, 0);
  EXPECT_NE(scripted_.query("SELECT policy_sha256 FROM v_trial"), before);
}

TEST_F(ExternalPolicyRun, BadTablesAreRefused) {
  EXPECT_THAT(run("true", ", exek = 1").err, HasSubstr("did you mean \"exec\"?"));
  EXPECT_THAT(scripted_.run("", "policy = { file = \"x\" }\n").err, HasSubstr("exec"));
}

}  // namespace
}  // namespace weir
