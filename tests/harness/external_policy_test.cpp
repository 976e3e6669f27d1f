// Anyone's router, as a real process: what it answers, and how it fails.

#include "harness/router/external_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "harness/router/cascade.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

class ExternalPolicyTest : public testing::Test {
 protected:
  /// A policy that runs `body` for each line it reads, as $line, after the first.
  std::unique_ptr<ExternalPolicy> policy(const std::string& body,
                                         milliseconds timeout = milliseconds(5000)) {
    write_file(folder_ / "p.sh", "read -r first; while read -r line; do\n" + body + "\ndone\n");
    return std::make_unique<ExternalPolicy>(ExternalCommand{"bash p.sh", folder_.path(), timeout},
                                            nlohmann::json{{"task", "t"}}, std::stop_token());
  }
  std::string failure(ExternalPolicy& external) {
    try {
      (void)external.judge({}, 0, {}, nullptr, false);
    } catch (const PolicyFailed& failed) {
      return failed.what();
    }
    return "no failure";
  }
  TemporaryFolder folder_;
};

TEST_F(ExternalPolicyTest, AnswersEachQuestionInOrder) {
  const auto external = policy(R"(case "$line" in
    *choose*) echo '{"tier": 1}';;
    *result*) echo '{"score": 0.25, "propensity": 0.5}';;
    *) echo '{"action": "escalate", "tier": 2}';;
  esac)");
  EXPECT_EQ(external->choose({}, 1, 100).tier, 1);
  const Opinion draft = external->judge({}, 0, {{"repeat", 1}}, nullptr, false);
  EXPECT_EQ(draft.escalate, true);
  EXPECT_EQ(draft.tier, 2);
  const Opinion result = external->judge({}, 0, {}, nullptr, true);
  EXPECT_EQ(result.score, 0.25);
  EXPECT_EQ(result.propensity, 0.5);
  EXPECT_FALSE(result.escalate);
}

TEST_F(ExternalPolicyTest, SeesStateSignalsAndDraft) {
  const auto external = policy("printf '%s\\n' \"$line\" >> seen; echo '{\"action\":\"accept\"}'");
  RouterState state;
  state.strong_turns = 7;
  const DraftText text{"I will look", {"ls"}, {"exit code: 0"}};
  (void)external->judge(state, 0, {{"repeat", 1}}, &text, true);
  const auto seen = nlohmann::json::parse(read_file(folder_ / "seen"));
  EXPECT_EQ(seen.at("event"), "result");
  EXPECT_EQ(seen.at("state").at("strong_turns"), 7);
  EXPECT_EQ(seen.at("signals").at("repeat"), 1);
  EXPECT_EQ(seen.at("draft").at("commands").at(0), "ls");
  EXPECT_EQ(seen.at("results").at(0), "exit code: 0");
}

TEST_F(ExternalPolicyTest, ACrashIsToldWithItsLastWords) {
  const auto external = policy("echo no such weights >&2; exit 3");
  const std::string what = failure(*external);
  EXPECT_THAT(what, HasSubstr("exit code 3"));
  EXPECT_THAT(what, HasSubstr("no such weights"));
}

TEST_F(ExternalPolicyTest, AHangEndsAtItsTimeout) {
  const auto external = policy("sleep 60", milliseconds(200));
  EXPECT_THAT(failure(*external), HasSubstr("gave no answer"));
}

TEST_F(ExternalPolicyTest, OneThatNeverReadsDoesNotBlock) {
  write_file(folder_ / "p.sh", "sleep 60\n");
  ExternalPolicy external({"bash p.sh", folder_.path(), milliseconds(200)}, {}, {});
  const DraftText large{std::string(1 << 20, 'x'), {}, {}};
  EXPECT_THROW((void)external.judge({}, 0, {}, &large, false), PolicyFailed);
}

TEST_F(ExternalPolicyTest, AProgramThatIsNotThereSaysSo) {
  std::string what;
  try {  // it may be gone before it is told of the trial, or after
    ExternalPolicy external({"no-such-router-here", folder_.path(), milliseconds(2000)}, {}, {});
    what = failure(external);
  } catch (const PolicyFailed& failed) {
    what = failed.what();
  }
  EXPECT_THAT(what, HasSubstr("127"));
}

TEST_F(ExternalPolicyTest, OneThatDiesBeforeItReadsTakesNobodyAlong) {
  for (const char* program : {"exit 0", "exec <&-; sleep 0.05; exit 1"}) {
    write_file(folder_ / "p.sh", program);
    const DraftText large{std::string(1 << 20, 'x'), {}, {}};
    try {  // a broken pipe must be no signal
      ExternalPolicy external({"bash p.sh", folder_.path(), milliseconds(2000)}, {}, {});
      (void)external.judge({}, 0, {}, &large, false);
      FAIL() << program;
    } catch (const PolicyFailed&) {
    }
  }
}

TEST_F(ExternalPolicyTest, OneThatSpeaksUnaskedHasLostItsPlace) {
  const auto external = policy("echo '{\"tier\":0,\"action\":\"accept\"}'; echo '{\"tier\":0}'");
  (void)external->choose({}, 1, 0);
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_THAT(failure(*external), HasSubstr("spoke without being asked"));
}

TEST_F(ExternalPolicyTest, AnAnswerThatNamesAnotherQuestionIsRefused) {
  const auto external = policy("echo '{\"action\":\"accept\",\"id\":7}'");
  EXPECT_THAT(failure(*external), HasSubstr("another question"));
}

TEST_F(ExternalPolicyTest, AStopEndsTheWait) {
  write_file(folder_ / "p.sh", "sleep 60\n");
  std::stop_source stop;
  ExternalPolicy external({"bash p.sh", folder_.path(), std::chrono::minutes(1)}, {},
                          stop.get_token());
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  EXPECT_THROW((void)external.judge({}, 0, {}, nullptr, false), Cancelled);
}

TEST_F(ExternalPolicyTest, AnEndlessLineIsNoAnswer) {
  const auto external = policy("yes x | tr -d '\\n'", milliseconds(3000));
  EXPECT_THAT(failure(*external), HasSubstr("the external policy"));
}

TEST(Opinion, NonsenseIsRefused) {
  for (const char* line :
       {"", "nonsense", "[]", "{}", R"({"action":"maybe"})", R"({"score":2})",
        R"({"score":"high"})", R"({"action":"accept","tier":-1})",
        R"({"action":"accept","tier":1.5})", R"({"score":0.5,"propensity":0})"}) {
    EXPECT_THROW((void)read_opinion(line), PolicyFailed) << line;
  }
  EXPECT_EQ(read_opinion(R"({"action":"accept"})").escalate, false);
  EXPECT_EQ(read_opinion(R"({"score":0})").score, 0);
}

TEST(ExternalRouting, ItsChanceCountsOnlyWhereItDecided) {
  TemporaryFolder folder;
  write_file(folder / "p.sh",
             "read -r first; while read -r line; do [[ $line == *choose* ]] && echo "
             "'{\"tier\":0,\"propensity\":0.4}' || echo "
             "'{\"action\":\"escalate\",\"propensity\":0.3}'; done\n");
  ExternalPolicy external({"bash p.sh", folder.path(), milliseconds(5000)}, {}, {});
  Policy policy;
  policy.tiers = {"a", "b"};
  policy.budget.turns = 1;
  const Cascade router(policy, kNever, 1, {}, &external);
  EXPECT_EQ(router.judge_draft({}, {}, 0).propensity, 0.3);
  EXPECT_EQ(router.judge_draft({}, {}, 1).propensity, 1);  // nothing above
  RouterState capped;
  capped.strong_turns = 1;
  EXPECT_EQ(router.judge_draft(capped, {}, 0).propensity, 1);
  const Choice base = router.choose({}, 1, 0);
  EXPECT_EQ(base.rule, "exec");
  EXPECT_EQ(base.propensity, 0.4);
}

TEST(ExternalRouting, AScoreMeetsTheTrialsThresholdAndItsGrid) {
  TemporaryFolder folder;
  write_file(folder / "p.sh",
             "read -r first; while read -r line; do echo '{\"score\":0.5}'; done\n");
  ExternalPolicy external({"bash p.sh", folder.path(), milliseconds(5000)}, {}, {});
  Policy policy;
  policy.tiers = {"a", "b"};
  policy.grid = {0.4, 0.6};
  const Judgement low = Cascade(policy, 0.4, 1, {}, &external).judge_draft({}, {}, 0);
  EXPECT_TRUE(low.escalate);
  EXPECT_EQ(low.rule, "exec");
  EXPECT_EQ(low.grid, R"({"0.4":"escalate","0.6":"accept"})");
  EXPECT_FALSE(Cascade(policy, 0.6, 1, {}, &external).judge_draft({}, {}, 0).escalate);
}

}  // namespace
}  // namespace weir
