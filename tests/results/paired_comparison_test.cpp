#include "results/paired_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/explain.hpp"
#include "results/forecast.hpp"
#include "results/gate.hpp"
#include "results/statistics/paired.hpp"
#include "tasks/error.hpp"
#include "tests/error_of.hpp"
#include "tests/results/arms.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

TEST(PairedComparison, MissingTrialsAreLeftOutAndBounded) {
  const Arm base = sample_arm("base", {{"a", 1, 1}, {"b", 1, 2}, {"c", 0, 1}});
  const Arm fresh = sample_arm("fresh", {{"a", 1, 1}, {"b", 2, 2}, {"c", 0, 0, 5, 1}});
  const auto pair = compare_arms(base, fresh, {});
  EXPECT_EQ(pair.tasks, 2);
  EXPECT_EQ(pair.left_out, 1);
  EXPECT_NEAR(pair.diff, 0.25, 1e-12);  // not 0.25 * 2 / 3: an error is no failure
  EXPECT_EQ(pair.missing.fresh, 1);
  EXPECT_NEAR(pair.missing.worst.low, (0 + 0.5 + 0) / 3, 1e-12);
  EXPECT_NEAR(pair.missing.worst.high, (0 + 0.5 + 1) / 3, 1e-12);
}

TEST(PairedComparison, AnUnknownCostIsUnknownAndNoZero) {
  const Arm base = sample_arm("base", {{"a", 1, 1}, {"b", 0, 1}});
  const Arm fresh = sample_arm("fresh", {{"a", 1, 1, std::nullopt}, {"b", 0, 1}});
  const auto pair = compare_arms(base, fresh, {});
  EXPECT_FALSE(pair.usd.diff);
  EXPECT_FALSE(pair.cost_ratio);
  EXPECT_EQ(pair.turns.diff, 0);
}

TEST(PairedComparison, ChangedTasksAreNeverPaired) {
  const Arm base = sample_arm("base", {{"a", 1}, {"b", 1}});
  Arm fresh = sample_arm("fresh", {{"a", 1}, {"b", 1}});
  fresh.tasks["b"] = "another";
  EXPECT_EQ(compare_arms(base, fresh, {}).tasks, 1);
  fresh.tasks["a"] = "another";
  EXPECT_THAT(error_of([&] { (void)compare_arms(base, fresh, {}); }), HasSubstr("has changed"));
}

TEST(PairedComparison, ArmsWithoutACommonOutcomeSayWhy) {
  const Arm base = sample_arm("base", {{"a", 1}});
  EXPECT_THAT(error_of([&] {
                (void)compare_arms(base, sample_arm("f", {{"b", 1}}), {});
              }),
              HasSubstr("share no task"));
  EXPECT_THAT(error_of([&] {
                (void)compare_arms(base, sample_arm("f", {{"a", 0, 0, 1, 1}}), {});
              }),
              HasSubstr("weir resume"));
}

TEST(PairedComparison, FewDiscordantPairsAreJudgedExactly) {
  auto arms = discordant_arms(100, 2, 7);
  auto pair = compare_arms(arms.first, arms.second, {});
  EXPECT_THAT(pair.interval_method, HasSubstr("exact"));
  EXPECT_EQ(pair.p_method, "McNemar exact");
  arms = discordant_arms(100, 3, 7);
  pair = compare_arms(arms.first, arms.second, {});
  EXPECT_EQ(pair.interval_method, "Tango");
  EXPECT_EQ(pair.p_method, "McNemar mid-p");
}

TEST(PairedComparison, EqualArmsHaveAnIntervalAllTheSame) {
  const Arm base = sample_arm("base", {{"a", 3, 3}, {"b", 0, 3}});
  const Arm fresh = sample_arm("fresh", {{"a", 3, 3}, {"b", 0, 3}});
  const auto pair = compare_arms(base, fresh, {});
  EXPECT_EQ(pair.diff, 0);
  EXPECT_LT(pair.interval.low, 0);
  EXPECT_GT(pair.interval.high, 0);
}

TEST(PairedComparison, NamesWhatElseDiffers) {
  Arm base = sample_arm("base", {{"a", 1}});
  Arm fresh = sample_arm("fresh", {{"a", 1}});
  base.run.facts = R"({"limits": {"turns": 60}, "jobs": 2})";
  fresh.run.facts = R"({"limits": {"turns": 90}, "jobs": 4})";
  base.served = {"m1"};
  fresh.served = {"m2"};
  std::vector<std::string> what;
  for (const auto& each : differences(base, fresh)) what.push_back(each.what);
  EXPECT_THAT(what, testing::ElementsAre("limits", "trials in flight", "served models"));
  const auto pair = compare_arms(base, fresh, {});
  EXPECT_THAT(error_of([&] { (void)gate(pair, {}); }), HasSubstr("limits differ"));
}

TEST(PairedComparison, NamesHowModelsWereAskedOtherwise) {
  Arm base = sample_arm("base", {{"a", 1}, {"b", 0}});
  Arm fresh = sample_arm("fresh", {{"a", 0}, {"b", 0}});
  base.config.tiers = R"([{"name": "pro", "thinking": "high", "max_tokens": 9}])";
  fresh.config.tiers = R"([{"name": "pro", "thinking": "max", "max_tokens": 9}])";
  const auto found = differences(base, fresh);
  const auto settings = std::find_if(
      found.begin(), found.end(), [](const auto& each) { return each.what == "model settings"; });
  ASSERT_NE(settings, found.end());
  EXPECT_EQ(settings->base, "pro.thinking=\"high\"");
  EXPECT_EQ(settings->fresh, "pro.thinking=\"max\"");
  EXPECT_EQ(explain({base, fresh, fresh, {}}, {})[1].cause, "model settings");
}

TEST(PriceGaps, AShoutComparesOnlyEqualContext) {
  Arm cheap = sample_arm("cheap", {{"a", 1}});
  Arm dear = sample_arm("dear", {{"a", 1}});
  cheap.contexts = {{"cheap", "m", 10, 100, 100'000, 150'000, 140'000}};
  dear.contexts = {{"dear", "m", 10, 10, 20'000, 15'000, 1'000},
                   {"dear", "m", 17, 90, 9'000'000, 0, 0}};  // longer prompts: another matter
  const auto gaps = price_gaps({cheap, dear});
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].dearer, "dear");
  EXPECT_NEAR(gaps[0].ratio, 2, 1e-12);
  EXPECT_EQ(gaps[0].turns, 10);
  dear.contexts[0].cost_pusd = 14'000;
  EXPECT_TRUE(price_gaps({cheap, dear}).empty());
}

GateVerdict verdict(int n, int base_only, int fresh_only) {
  const auto arms = discordant_arms(n, base_only, fresh_only);
  return gate(compare_arms(arms.first, arms.second, {}), {0.03, 0.05}).verdict;
}

TEST(Gate, PassesFailsAndAsksForMore) {
  EXPECT_EQ(verdict(1500, 60, 60), GateVerdict::passed);
  EXPECT_EQ(verdict(1500, 140, 60), GateVerdict::regression);
  EXPECT_EQ(verdict(200, 10, 10), GateVerdict::inconclusive);
  EXPECT_EQ(verdict(1500, 0, 0), GateVerdict::passed);
  EXPECT_EQ(verdict(20, 0, 0), GateVerdict::inconclusive);  // no difference seen is no pass
}

TEST(Gate, SaysHowManyTasksWouldDo) {
  const auto arms = discordant_arms(200, 10, 10);  // a tenth discordant
  const auto result = gate(compare_arms(arms.first, arms.second, {}), {0.03, 0.05});
  ASSERT_TRUE(result.tasks_needed);
  EXPECT_GE(*result.tasks_needed, 687);  // with one more task that differs than was seen
  EXPECT_LE(*result.tasks_needed, 760);
}

TEST(Gate, NeverAsksForTasksItHas) {
  for (const int n : {100, 120, 150}) {
    const auto arms = discordant_arms(n, n == 150 ? 1 : 0, 0);
    const auto result = gate(compare_arms(arms.first, arms.second, {}), {0.03, 0.05});
    if (result.verdict == GateVerdict::inconclusive) {
      ASSERT_TRUE(result.tasks_needed);
      EXPECT_GT(*result.tasks_needed, n);
      const auto more = discordant_arms(*result.tasks_needed, n == 150 ? 1 : 0, 0);
      EXPECT_EQ(gate(compare_arms(more.first, more.second, {}), {0.03, 0.05}).verdict,
                GateVerdict::passed)
          << n;
    }
  }
}

TEST(Gate, NothingJudgedIsNoPass) {
  EXPECT_EQ(worst({}), GateVerdict::inconclusive);
}

TEST(Gate, ErrorsThatCouldHideALossWithholdThePass) {
  std::vector<SampleTask> base;
  std::vector<SampleTask> fresh;
  for (int i = 0; i < 1500; ++i) {
    const std::string task = "t" + std::to_string(i);
    base.push_back({task, i % 2});
    const bool lost = i % 10 == 1;
    fresh.push_back({task, lost ? 0 : i % 2, lost ? 0 : 1, 5, lost ? 1 : 0});
  }
  const auto result =
      gate(compare_arms(sample_arm("base", base), sample_arm("fresh", fresh), {}), {});
  EXPECT_EQ(result.verdict, GateVerdict::inconclusive);
  EXPECT_THAT(result.reason, HasSubstr("could hide a loss"));
}

TEST(Gate, RepeatsWithFewTasksCanShowARegression) {
  std::vector<SampleTask> base;
  std::vector<SampleTask> fresh;
  for (int i = 0; i < 20; ++i) {
    base.push_back({"t" + std::to_string(i), 3, 3});
    fresh.push_back({"t" + std::to_string(i), i < 9 ? 0 : 3, 3});
  }
  EXPECT_EQ(
      gate(compare_arms(sample_arm("base", base), sample_arm("fresh", fresh), {}), {}).verdict,
      GateVerdict::regression);
}

TEST(WatchedGate, ACollapseOnFewTasksIsShownAtOnce) {
  const auto arms = discordant_arms(25, 25, 0);
  const auto pair = compare_arms(arms.first, arms.second, {});
  EXPECT_EQ(gate_watched(pair, {}, {look_of(pair)}, 3).verdict, GateVerdict::regression);
}

TEST(WatchedGate, OneNightOfChanceIsNotRed) {
  const auto arms = discordant_arms(500, 35, 15);  // p = 0.005 in one look
  const auto pair = compare_arms(arms.first, arms.second, {});
  EXPECT_EQ(gate(pair, {}).verdict, GateVerdict::regression);
  EXPECT_EQ(gate_watched(pair, {}, {look_of(pair)}, 6).verdict, GateVerdict::inconclusive);
}

TEST(PermutationWithinTasks, HoldsItsLevelWithUnequalTrials) {
  std::vector<TaskCounts> counts(30);  // ten trials against one, all tasks alike
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = {9, 10, i == 0 ? 0 : 1, 1};
  EXPECT_GT(within_task_permutation(counts, 1), 0.05);
  for (auto& count : counts) count.fresh_resolved = 0;
  EXPECT_LT(within_task_permutation(counts, 1), 0.001);
}

TEST(Gate, ALossWithinTheMarginPasses) {
  EXPECT_EQ(verdict(3000, 60, 30), GateVerdict::passed);
}

TEST(Forecast, CertificatesHoldWhatBinomialTailsSay) {
  const auto odds = certificate_odds(100, 0.9, 0.8, 0.1);
  EXPECT_EQ(odds.most_failures, 14);  // P(Bin(100, 0.2) <= 14) = 0.080, 15: 0.129
  EXPECT_NEAR(odds.abstention, 0.0726, 1e-3);
  EXPECT_EQ(certificate_odds(5, 0.99, 0.9, 0.1).most_failures, -1);
  EXPECT_FALSE(certificate_odds(100, 0.7, 0.8, 0.1).tasks_needed);
  const auto needed = certificate_odds(10, 0.9, 0.8, 0.1).tasks_needed;
  ASSERT_TRUE(needed);
  EXPECT_LE(certificate_odds(*needed, 0.9, 0.8, 0.1).abstention, 0.2);
}

TEST(Forecast, NeedsTwoTasksOfKnownCost) {
  EXPECT_FALSE(forecast_cost(sample_arm("a", {{"a", 1}, {"b", 1, 1, std::nullopt}}), 10));
  const auto forecast =
      forecast_cost(sample_arm("a", {{"a", 1, 2, 2'000'000'000}, {"b", 1, 2, 4'000'000'000}}), 10);
  ASSERT_TRUE(forecast);
  EXPECT_NEAR(forecast->usd, 0.03, 1e-12);
  EXPECT_LT(forecast->interval.low, 0.03);
  EXPECT_GT(forecast->interval.high, 0.03);
}

TEST(Explain, PartsAddUpToTheWhole) {
  Arm then = sample_arm("then", {{"a", 1}, {"b", 0}, {"c", 1}});
  Arm now = sample_arm(
      "now", {{"a", 1, 1, 3'000'000'000}, {"b", 1, 1, 3'000'000'000}, {"d", 0, 1, 3'000'000'000}});
  Arm now_old = sample_arm(
      "now", {{"a", 1, 1, 2'000'000'000}, {"b", 1, 1, 2'000'000'000}, {"d", 0, 1, 2'000'000'000}});
  Arm bridge = sample_arm("bridge", {{"a", 0}, {"b", 1}});
  then.served = {"old model"};
  bridge.served = now.served = now_old.served = {"new model"};
  now.config.policy_sha256 = now_old.config.policy_sha256 = "another";
  const auto parts = explain({then, now, now_old, bridge}, {});
  ASSERT_EQ(parts.size(), 5U);
  EXPECT_EQ(parts[0].cause, "task set");
  EXPECT_EQ(parts[1].cause, "model");
  EXPECT_EQ(parts[2].cause, "policy");
  EXPECT_EQ(parts[3].cause, "price");
  double rate = 0;
  double usd = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    rate += parts[i].rate.value_or(0);
    usd += *parts[i].usd;
  }
  EXPECT_NEAR(rate, *parts[4].rate, 1e-12);
  EXPECT_NEAR(usd, *parts[4].usd, 1e-12);
  EXPECT_NEAR(*parts[3].usd, 0.001, 1e-12);  // a third more for the same calls
}

TEST(Explain, NothingRecordedDiffersIsNoise) {
  Arm then = sample_arm("then", {{"a", 1}, {"b", 0}});
  Arm now = sample_arm("now", {{"a", 0}, {"b", 0}});
  EXPECT_THAT(explain({then, now, now, {}}, {})[1].cause, HasSubstr("noise"));
  now.served = {"m"};
  now.run.weir_version = "2";
  EXPECT_THAT(explain({then, now, now, {}}, {})[1].cause,
              HasSubstr("model, Weir version (together"));
}

}  // namespace
}  // namespace weir
