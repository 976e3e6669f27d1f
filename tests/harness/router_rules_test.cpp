// Rules, caps, restarts and controls of the router, each alone.

#include <gtest/gtest.h>

#include "harness/router/cascade.hpp"
#include "harness/router/certificate.hpp"

namespace weir {
namespace {

Policy of_tiers(std::vector<std::string> tiers) {
  Policy policy;
  policy.tiers = std::move(tiers);
  policy.weights = {{"format_error", 1.0}, {"tests_red", 1.0}};
  policy.threshold = 0.6;
  return policy;
}

TurnEvidence malformed() {
  TurnEvidence evidence;
  evidence.format_error = true;
  return evidence;
}

TurnEvidence red_submission() {
  TurnEvidence evidence;
  evidence.submits = true;
  evidence.tests_red_before = true;
  return evidence;
}

TEST(RouterRules, ATaskThatSaysItIsHardGoesUpOnEveryTurn) {
  Policy policy = of_tiers({"a", "b"});
  policy.task_difficulty = {"hard"};
  EXPECT_EQ(Cascade(policy, kNever, 1, {"easy"}).choose({}, 1, 0).tier, 0);
  const Choice choice = Cascade(policy, kNever, 1, {"hard"}).choose({}, 1, 0);
  EXPECT_EQ(choice.tier, 1);
  EXPECT_EQ(choice.rule, "task_difficulty");
}

TEST(RouterRules, APreviousAttemptThatVisiblyFailedGoesUp) {
  Policy policy = of_tiers({"a", "b"});
  policy.previous_attempt_failed = true;
  TrialOutlook outlook;
  EXPECT_EQ(Cascade(policy, kNever, 1, outlook).choose({}, 1, 0).tier, 0);
  outlook.previous_attempt_failed = true;
  EXPECT_EQ(Cascade(policy, kNever, 1, outlook).choose({}, 1, 0).rule, "previous_attempt_failed");
}

TEST(RouterRules, CapsHoldTheTrialDown) {
  Policy policy = of_tiers({"a", "b"});
  policy.budget.escalations = 1;
  const Cascade router(policy, policy.threshold, 1);
  RouterState state = router.advance(router.begin(), malformed(), 1, {});
  EXPECT_EQ(state.escalations, 1);
  EXPECT_FALSE(router.judge_draft(state, malformed(), 0).escalate);
  policy.budget = {};
  policy.budget.turns = 2;
  state.strong_turns = 2;
  EXPECT_FALSE(router.judge_draft(state, malformed(), 0).escalate);
  policy.budget = {};
  policy.budget.usd = 0.5;
  state.strong_pusd = 499'999'999'999;
  EXPECT_TRUE(router.judge_draft(state, malformed(), 0).escalate);
  state.strong_pusd = 500'000'000'000;
  EXPECT_FALSE(router.judge_draft(state, malformed(), 0).escalate);
}

TEST(RouterRules, ATurnMadeAgainAfterAStrongOneWentUpToo) {
  Policy policy = of_tiers({"a", "b"});
  policy.budget.escalations = 2;
  const Cascade router(policy, policy.threshold, 1);
  RouterState state = router.begin();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(router.judge_draft(state, malformed(), 0).escalate);
    state = router.advance(state, {}, 1, {}, 0);
  }
  EXPECT_EQ(state.escalations, 2);
  EXPECT_FALSE(router.judge_draft(state, malformed(), 0).escalate);
}

TEST(RouterRules, AStayGoesOnThoughNoFurtherEscalationIsLeft) {
  Policy policy = of_tiers({"a", "b"});
  policy.stay = 3;
  policy.budget.escalations = 1;
  const Cascade router(policy, policy.threshold, 1);
  const RouterState state = router.advance(router.begin(), malformed(), 1, {});
  EXPECT_EQ(router.choose(state, 2, 0).rule, "stay");
}

TEST(RouterRules, ThreeTiersAreClimbedOneByOneWithinATurn) {
  const Policy policy = of_tiers({"a", "b", "c"});
  const Cascade router(policy, policy.threshold, 1);
  EXPECT_EQ(router.judge_draft({}, malformed(), 0).to, 1);
  EXPECT_EQ(router.judge_draft({}, malformed(), 1).to, 2);
  EXPECT_FALSE(router.judge_draft({}, malformed(), 2).escalate);
}

TEST(RouterRules, ARedSubmissionRestartsOneTierUp) {
  Policy policy = of_tiers({"a", "b"});
  policy.restart = true;
  const Cascade router(policy, policy.threshold, 1);
  const Judgement judged = router.judge_draft({}, red_submission(), 0);
  EXPECT_EQ(judged.mode, "restart");
  EXPECT_EQ(judged.undo, "exact");
  const RouterState state = router.restarted(router.begin(), judged);
  EXPECT_EQ(state.restarts, 1);
  EXPECT_EQ(router.choose(state, 2, 0).tier, 1);
  EXPECT_FALSE(router.judge_draft(state, red_submission(), 1).escalate);  // nothing above
  EXPECT_EQ(router.judge_draft({}, malformed(), 0).mode, "rerun");        // that ends nothing
  TurnEvidence last = red_submission();
  last.room_again = false;
  EXPECT_EQ(router.judge_draft({}, last, 0).mode, "rerun");  // no turn left to begin again
}

TEST(RouterRules, ATrajectoryThatEndsWithoutSubmittingMayRestart) {
  Policy policy = of_tiers({"a", "b"});
  EXPECT_EQ(Cascade(policy, kNever, 1).judge_end({}, 0).mode, "");
  policy.restart = true;
  const Judgement judged = Cascade(policy, kNever, 1).judge_end({}, 0);
  EXPECT_EQ(judged.mode, "restart");
  EXPECT_EQ(judged.rule, "no_submission");
  EXPECT_EQ(judged.to, 1);
}

TEST(RouterRules, FilesOnlyIsUsedWhereItIsAllThereIs) {
  Policy policy = of_tiers({"a", "b"});
  const Cascade router(policy, policy.threshold, 1);
  TurnEvidence red;
  red.executed = true;
  red.tests_red_before = false;
  red.tests = TestsSeen{true, {}, {}, {}};
  EXPECT_EQ(router.judge_result({}, red, 0, Undo::files_only).undo, "files_only");
  EXPECT_EQ(router.judge_result({}, red, 0, Undo::files_only).mode, "rerun");
}

TEST(RouterRules, AChangeNobodyLookedAtMakesRednessUnknown) {
  const Policy policy = of_tiers({"a", "b"});
  const Cascade router(policy, policy.threshold, 1);
  RouterState state = router.begin();
  state.tests_red = true;
  TurnEvidence changed;
  changed.executed = true;
  changed.changed_files = true;
  EXPECT_FALSE(router.advance(state, changed, 0, {}).tests_red);
  changed.changed_files = false;
  EXPECT_EQ(router.advance(state, changed, 0, {}).tests_red, true);
}

TEST(RouterRules, ACapBindsARestartedTrialToo) {
  Policy policy = of_tiers({"a", "b"});
  policy.restart = true;
  policy.budget.turns = 2;
  const Cascade router(policy, policy.threshold, 1);
  RouterState state = router.restarted(router.begin(), router.judge_draft({}, red_submission(), 0));
  EXPECT_EQ(router.choose(state, 3, 0).tier, 1);
  state.strong_turns = 2;
  EXPECT_EQ(router.choose(state, 5, 0).tier, 0);
}

TEST(RouterRules, AFinalReviewReviewsAndIsNoRestart) {
  Policy policy = of_tiers({"a", "b", "c"});
  policy.restart = true;
  policy.final_review = true;
  TurnEvidence green;
  green.submits = true;
  const Cascade router(policy, kNever, 1);
  EXPECT_EQ(router.judge_draft({}, green, 0).mode, "rerun");
  EXPECT_FALSE(router.judge_draft({}, green, 1).escalate);  // one review, not one per tier
}

TEST(RouterRules, TheGridOfAnEndSaysWhatWasPossible) {
  Policy policy = of_tiers({"a", "b"});
  policy.grid = {0.5, 1.0, 1.01};
  EXPECT_EQ(Cascade(policy, 0.5, 1).judge_end({}, 0).grid,
            R"({"0.5":"accept","1.0":"accept","1.01":"accept"})");
}

TEST(Controls, ThresholdZeroDraftsEveryTurnTwice) {
  Policy policy;
  policy.tiers = {"a", "b"};
  policy.threshold = 0;
  const Cascade router(policy, 0, 1);
  EXPECT_EQ(router.judge_draft({}, {}, 0).mode, "rerun");
  EXPECT_EQ(router.choose({}, 1, 0).tier, 0);  // it is not all-strong: the draft is paid
}

TEST(Controls, AttemptsBeginAgainOnTheSameTierWhileTheChecksAreRed) {
  Policy policy;
  policy.tiers = {"a"};
  policy.attempts = 2;
  const Cascade router(policy, kNever, 1);
  EXPECT_TRUE(router.decides());
  EXPECT_TRUE(router.wants_tests());
  const Judgement judged = router.judge_draft({}, red_submission(), 0);
  EXPECT_EQ(judged.mode, "restart");
  EXPECT_EQ(judged.to, 0);
  const RouterState again = router.restarted({}, judged);
  EXPECT_EQ(again.escalations, 0);
  EXPECT_FALSE(router.judge_draft(again, red_submission(), 0).escalate);  // the second was the last
  TurnEvidence green;
  green.submits = true;
  EXPECT_FALSE(router.judge_draft({}, green, 0).escalate);
  TurnEvidence hidden = red_submission();
  hidden.tests_hidden = true;
  EXPECT_FALSE(router.judge_draft({}, hidden, 0).escalate);
}

TEST(Controls, APreRouterChoosesOnceForTheWholeTrial) {
  Policy policy;
  policy.tiers = {"a", "b"};
  policy.pre_router = PreRouter{{"hard"}, {}, {}};
  const Cascade hard(policy, kNever, 1, {"hard"});
  RouterState state = hard.begin();
  EXPECT_EQ(hard.choose(state, 1, 0).tier, 1);
  EXPECT_EQ(hard.choose(state, 1, 0).rule, "pre_router");
  state = hard.advance(state, malformed(), 1, {});
  EXPECT_EQ(hard.choose(state, 2, 0).tier, 1);
  EXPECT_EQ(hard.choose(state, 2, 0).rule, "");
  const Cascade easy(policy, kNever, 1, {"easy"});
  EXPECT_EQ(easy.choose(easy.begin(), 1, 0).tier, 0);
  EXPECT_FALSE(easy.judge_draft({}, malformed(), 0).escalate);
  policy.pre_router = PreRouter{{}, 100, {}};
  EXPECT_EQ(Cascade(policy, kNever, 1, {"", 100}).begin().floor, 1);
  EXPECT_EQ(Cascade(policy, kNever, 1, {"", 99}).begin().floor, 0);
  policy.pre_router = PreRouter{{}, {}, 0.25};
  int up = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Cascade blind(policy, kNever, seed);
    up += blind.begin().floor;
    EXPECT_DOUBLE_EQ(blind.choose(blind.begin(), 1, 0).propensity,
                     blind.begin().floor > 0 ? 0.25 : 0.75);
  }
  EXPECT_NEAR(up / 2000.0, 0.25, 0.04);
}

TEST(Certificates, AreVoidWhereABindingChangedAndExtrapolateElsewhere) {
  Certificate certificate;
  certificate.binds = {{"redo", "rollback"}, {"served", "x"}};
  certificate.population = {{"format", "swebench"}};
  certificate.prices_sha256 = "a";
  const std::map<std::string, std::string> now = {{"redo", "rollback"}};
  EXPECT_TRUE(standing_of(certificate, now, {{"format", "swebench"}}, "a").holds());
  EXPECT_TRUE(standing_of(certificate, now, {{"format", "swebench"}}, "b").prices_changed);
  EXPECT_EQ(standing_of(certificate, {{"redo", "next_turn"}}, {}, "a").broken.size(), 1U);
  const auto elsewhere = standing_of(certificate, now, {{"format", "harbor"}}, "a");
  EXPECT_EQ(elsewhere.extrapolates.size(), 1U);
  EXPECT_TRUE(elsewhere.broken.empty());
}

}  // namespace
}  // namespace weir
