#include "harness/router/cascade.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

Policy two_tiers() {
  Policy policy;
  policy.tiers = {"flash", "pro"};
  policy.weights = {{"format_error", 1.0}, {"tests_red", 0.9}, {"nonzero_exit", 0.2}};
  policy.threshold = 0.6;
  return policy;
}

TurnEvidence malformed() {
  TurnEvidence evidence;
  evidence.format_error = true;
  return evidence;
}

TurnEvidence turned_red() {
  TurnEvidence evidence;
  evidence.tests_red_before = false;
  evidence.executed = true;
  evidence.changed_files = true;
  evidence.tests = TestsSeen{true, {}, {}, {}};
  return evidence;
}

TEST(Cascade, ABadDraftIsRerunBeforeExecution) {
  const Policy policy = two_tiers();
  const Cascade router(policy, policy.threshold, 1);
  const Judgement judged = router.judge_draft({}, malformed(), 0);
  EXPECT_TRUE(judged.escalate);
  EXPECT_EQ(judged.rule, "score");
  EXPECT_EQ(judged.mode, "rerun");
  EXPECT_EQ(judged.undo, "exact");
  EXPECT_FALSE(router.judge_draft({}, malformed(), 1).escalate);  // nothing above the top
}

TEST(Cascade, RedTestsAreRerunOnlyWhereTheyCanBeUndone) {
  const Policy policy = two_tiers();
  const Cascade router(policy, policy.threshold, 1);
  EXPECT_EQ(router.judge_result({}, turned_red(), 0, Undo::exact).mode, "rerun");
  const Judgement kept = router.judge_result({}, turned_red(), 0, Undo::none);
  EXPECT_EQ(kept.mode, "next_turn");
  EXPECT_EQ(kept.undo, "none");
}

TEST(Cascade, ATaskThatBeginsRedIsNotHeldAgainstItsFirstStep) {
  TurnEvidence evidence = turned_red();
  evidence.tests_red_before = true;
  const Policy policy = two_tiers();
  const Cascade router(policy, policy.threshold, 1);
  EXPECT_FALSE(router.judge_result({}, evidence, 0, Undo::exact).escalate);
  TurnEvidence submits;
  submits.submits = true;
  submits.tests_red_before = true;
  EXPECT_TRUE(router.judge_draft({}, submits, 0).escalate);  // but submitting red is
}

TEST(Cascade, TheThresholdIsInclusiveAndNeverIsNever) {
  Policy policy = two_tiers();
  policy.weights = {{"format_error", 0.6}};
  EXPECT_TRUE(Cascade(policy, 0.6, 1).judge_draft({}, malformed(), 0).escalate);
  policy.weights = {{"format_error", 1.0}};
  EXPECT_FALSE(Cascade(policy, kNever, 1).judge_draft({}, malformed(), 0).escalate);
}

TEST(Cascade, EveryOtherThresholdOfTheGridIsLogged) {
  Policy policy = two_tiers();
  policy.grid = {0.2, 1.01};
  const Judgement judged = Cascade(policy, kNever, 1).judge_draft({}, malformed(), 0);
  EXPECT_FALSE(judged.escalate);
  EXPECT_EQ(judged.grid, R"({"0.2":"escalate","1.01":"accept"})");
}

TEST(Cascade, StaysUpAsLongAsThePolicySays) {
  Policy policy = two_tiers();
  policy.stay = 3;
  const Cascade router(policy, policy.threshold, 1);
  RouterState state;
  state = router.advance(state, {}, 1, {});  // turn 1 was rerun on tier 1
  EXPECT_EQ(router.choose(state, 1, 0).tier, 1);
  state = router.advance(state, {}, 1, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 1);
  state = router.advance(state, {}, 1, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 0);  // three turns up, then down
  policy.stay.reset();
  state = router.advance({}, {}, 1, {});
  for (int i = 0; i < 50; ++i) state = router.advance(state, {}, 1, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 1);
}

TEST(Cascade, NextTurnMovesUpForTheTurnAfter) {
  Policy policy = two_tiers();
  policy.redo = Redo::next_turn;
  const Cascade router(policy, policy.threshold, 1);
  const Judgement judged = router.judge_draft({}, malformed(), 0);
  EXPECT_EQ(judged.mode, "next_turn");
  RouterState state = router.advance({}, malformed(), 0, judged);
  EXPECT_EQ(router.choose(state, 1, 0).tier, 1);
  state = router.advance(state, {}, 1, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 0);
}

TEST(Cascade, RulesEscalateWhateverTheScore) {
  Policy policy = two_tiers();
  policy.context_tokens = 1000;
  policy.consecutive_failures = 2;
  policy.final_review = true;
  const Cascade router(policy, kNever, 1);
  EXPECT_EQ(router.choose({}, 1, 1000).tier, 0);
  EXPECT_EQ(router.choose({}, 1, 1001).tier, 1);
  RouterState state;
  TurnEvidence failing;
  failing.nonzero_exit = true;
  state = router.advance(state, failing, 0, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 0);
  state = router.advance(state, failing, 0, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 1);
  TurnEvidence submits;
  submits.submits = true;
  EXPECT_EQ(router.judge_draft({}, submits, 0).rule, "final_review");
}

TEST(Cascade, EveryChoiceHasARuleAndAPropensity) {
  Policy policy = two_tiers();
  policy.context_tokens = 1000;
  EXPECT_EQ(Cascade(policy, kNever, 1).choose({}, 1, 2000).rule, "context_tokens");
  policy.random_share = 0.3;
  const Choice blind = Cascade(policy, kNever, 1).choose({}, 1, 0);
  EXPECT_EQ(blind.rule, "random_share");
  EXPECT_DOUBLE_EQ(blind.propensity, blind.tier == 1 ? 0.3 : 0.7);
}

TEST(Cascade, TheGridKnowsRulesThatHoldWhateverTheScore) {
  Policy policy = two_tiers();
  policy.grid = {1.01};
  policy.final_review = true;
  TurnEvidence submits;
  submits.submits = true;
  EXPECT_EQ(Cascade(policy, kNever, 1).judge_draft({}, submits, 0).grid, R"({"1.01":"escalate"})");
}

TEST(Cascade, ARerunDuringAStayMovesTheStayUp) {
  Policy policy = two_tiers();
  policy.tiers = {"a", "b", "c"};
  policy.stay.reset();
  const Cascade router(policy, policy.threshold, 1);
  RouterState state = router.advance({}, {}, 1, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 1);
  state = router.advance(state, {}, 2, {});
  EXPECT_EQ(router.choose(state, 1, 0).tier, 2);
}

TEST(Cascade, TheStrongShareIsBounded) {
  Policy policy = two_tiers();
  policy.budget.share = 0.15;
  const Cascade router(policy, policy.threshold, 1);
  RouterState state;
  int strong = 0;
  for (int turn = 0; turn < 100; ++turn) {
    const int tier = router.judge_draft(state, malformed(), 0).escalate ? 1 : 0;
    strong += tier;
    state = router.advance(state, {}, tier, {});
    state.stay_left = 0;
  }
  EXPECT_LE(strong, 15);
  EXPECT_GE(strong, 14);
}

TEST(Cascade, RandomShareIsBlindAndSeeded) {
  Policy policy = two_tiers();
  policy.random_share = 0.3;
  const Cascade router(policy, kNever, 5);
  RouterState state;
  int strong = 0;
  for (; state.turns < 2000; ++state.turns) strong += router.choose(state, 1, 0).tier;
  EXPECT_NEAR(strong / 2000.0, 0.3, 0.04);
  EXPECT_FALSE(router.judge_draft({}, malformed(), 0).escalate);
}

TEST(Signals, UnknownIsAbsentAndLateOnesComeLate) {
  EXPECT_EQ(signals_of({}).count("nonzero_exit"), 0U);
  EXPECT_EQ(signals_of({}).count("vote_split"), 0U);
  for (const auto& [name, value] : signals_of({})) EXPECT_EQ(value, 0) << name;
  EXPECT_EQ(signals_of(turned_red()).at("tests_red"), 1);
}

}  // namespace
}  // namespace weir
