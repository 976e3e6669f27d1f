#include "results/route_sums.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/arm_role.hpp"
#include "results/break_even.hpp"
#include "results/hindsight.hpp"
#include "tests/results/arms.hpp"

namespace weir {
namespace {

/// One call of a trial; costs are whatever the test wants them to be.
struct Calls {
  std::vector<BilledCall> all;
  BilledCall& add(int turn, int tier, std::int64_t total, std::int64_t hit, Picodollars cost,
                  bool accepted = true, int sample = 0, int segment = 0) {
    BilledCall call;
    call.trial = "t";
    call.model = tier == 0 ? "base" : "strong";
    call.key = {"api.deepseek.com", tier == 0 ? "deepseek-v4-flash" : "deepseek-v4-pro", ""};
    call.at = *parse_time("2026-06-01T00:00:00Z");
    call.turn = turn;
    call.tier = tier;
    call.sample = sample;
    call.segment = segment;
    call.accepted = accepted;
    call.tokens.input_total = total;
    call.tokens.input_hit = hit;
    call.tokens.input_miss = total - hit;
    call.tokens.cache_write = 0;
    call.tokens.output_total = 100;
    call.tokens.output_text = 100;
    call.tokens.output_reasoning = 0;
    call.cost_pusd = cost;
    all.push_back(call);
    return all.back();
  }
};

PriceBook book() {
  return PriceBook::bundled();
}

TEST(RouteSums, AnEscalationsPartsAreToldApart) {
  Calls calls;
  calls.add(1, 0, 1000, 0, 1);
  calls.add(2, 0, 1280, 1024, 2, false);     // the draft
  calls.add(2, 0, 1280, 1024, 4, false, 1);  // a vote on it
  calls.add(2, 1, 1280, 0, 8);               // went up, its prefix cold
  calls.add(3, 1, 1536, 1280, 16);           // stayed
  calls.add(4, 0, 2048, 1280, 32);           // came down
  const RouteSums sums = route_sums(calls.all, book());
  const EscalationSums& e = sums.escalations;
  EXPECT_EQ(e.up, 1);
  EXPECT_EQ(e.redone, 1);
  EXPECT_EQ(e.down, 1);
  EXPECT_EQ(e.drafts.known, 2);
  EXPECT_EQ(e.votes.known, 4);
  EXPECT_EQ(e.first.known, 8);
  EXPECT_EQ(e.stay.known, 16);
  // 1000 + 100 tokens had been read and written below: 1024 in whole units, 0.435 against 0.003625
  // $/M.
  EXPECT_EQ(e.cold.known, 1024 * (435'000 - 3'625));
  // 1536 + 100 stood in the history, 1280 were found: 256, 0.14 against 0.0028 $/M.
  EXPECT_EQ(e.back.known, 256 * (140'000 - 2'800));
  EXPECT_EQ(sums.tiers[0].turns, 2);
  EXPECT_EQ(sums.tiers[1].turns, 2);
  EXPECT_EQ(sums.tiers[0].spend.known + sums.tiers[1].spend.known, 63);
  EXPECT_EQ(sums.shape.steps, 3);
  EXPECT_EQ(sums.shape.growth, 1048);
}

TEST(RouteSums, ATurnRedoneAfterAnotherIsAnEscalationOfItsOwn) {
  Calls calls;
  calls.add(1, 0, 100, 0, 1, false);
  calls.add(1, 1, 100, 0, 1);
  calls.add(2, 0, 200, 0, 1, false);
  calls.add(2, 1, 200, 0, 1);
  const EscalationSums e = route_sums(calls.all, book()).escalations;
  EXPECT_EQ(e.up, 2);
  EXPECT_EQ(e.redone, 2);
  EXPECT_EQ(e.stay.known, 0);
}

TEST(RouteSums, WhatARestartAbandonsIsCounted) {
  Calls calls;
  calls.add(1, 0, 100, 0, 1);
  calls.add(2, 0, 200, 0, 2, false);  // the submission that was not let through
  calls.add(3, 1, 100, 0, 4, true, 0, 1);
  const EscalationSums e = route_sums(calls.all, book()).escalations;
  EXPECT_EQ(e.restarts, 1);
  EXPECT_EQ(e.abandoned.known, 3);
  EXPECT_EQ(e.drafts.known, 0);  // counted once
  EXPECT_EQ(e.first.known, 4);
  EXPECT_EQ(e.up, 0);  // another trajectory
}

TEST(RouteSums, ATrialThatBeginsStrongDidNotEscalate) {
  Calls calls;
  calls.add(1, 1, 100, 0, 1);
  calls.add(2, 1, 200, 0, 2);
  calls.add(3, 0, 300, 0, 4);
  calls.add(4, 1, 400, 0, 8);
  const EscalationSums e = route_sums(calls.all, book()).escalations;
  EXPECT_EQ(e.began_strong, 1);
  EXPECT_EQ(e.beginnings.known, 3);
  EXPECT_EQ(e.stay.known, 0);
  EXPECT_EQ(e.up, 1);
  EXPECT_EQ(e.first.known, 8);
}

TEST(RouteSums, AVoteThatALaterSampleWonCostsTheFirst) {
  Calls calls;
  calls.add(1, 0, 100, 0, 1, false, 0);
  calls.add(1, 0, 100, 0, 2, true, 1);
  calls.add(1, 0, 100, 0, 4, false, 2);
  EXPECT_EQ(route_sums(calls.all, book()).escalations.votes.known, 5);
}

TEST(RouteSums, SurviveARoundTrip) {
  Calls calls;
  calls.add(1, 0, 1000, 0, 1).latency_ms = 500;
  calls.add(2, 0, 1280, 1024, 2, false);
  calls.add(2, 1, 1280, 0, 8).cost_pusd.reset();
  const RouteSums sums = route_sums(calls.all, book());
  const auto text = to_json(sums);
  EXPECT_EQ(to_json(route_sums_from_json(text)), text);
  EXPECT_EQ(route_sums_from_json(text).escalations.first.unknown_calls, 1);
}

TEST(RouteSums, TurnsAreBinned) {
  EXPECT_EQ(turn_bin_name(turn_bin(1)), "1");
  EXPECT_EQ(turn_bin_name(turn_bin(5)), "2-5");
  EXPECT_EQ(turn_bin_name(turn_bin(6)), "6-10");
  EXPECT_EQ(turn_bin_name(turn_bin(100)), "51-100");
  EXPECT_EQ(turn_bin_name(turn_bin(4000)), "101 and later");
}

TierRates rates() {
  TierRates rates;
  rates.base.input_miss = 150'000;
  rates.base.input_hit = 3'000;
  rates.base.output = 600'000;
  rates.strong.input_miss = 660'000;
  rates.strong.input_hit = 22'000;
  rates.strong.output = 1'980'000;
  return rates;
}

TEST(BreakEven, OneColdStrongTurnIsAHundredWarmBaseTurns) {
  // At 100k tokens of context and 500 of output, off-peak, and little that is new.
  const TrajectoryShape shape{1000, 500, 500, 500, 1, 1, 1};
  const auto turns = turn_prices(shape, rates(), 100'000);
  ASSERT_TRUE(turns);
  EXPECT_NEAR(turns->cold_strong, 66.99 / 0.6735, 1e-9);  // millidollars
  EXPECT_NEAR(turns->warm_strong, 3.52 / 0.6735, 1e-9);
}

TEST(BreakEven, NoEscalationIsTheBaseAloneAndAllIsTheStrong) {
  const TrajectoryShape shape{1000, 300, 200, 200, 1, 1, 1};
  const auto base = trajectory_cost(shape, rates(), 3, {0, 1, 1}, StrongCache::warm);
  // 1000 new; 1000 kept and 300 new; 1300 kept and 300 new.
  EXPECT_DOUBLE_EQ(*base, 1600 * 150'000.0 + 2300 * 3'000.0 + 600 * 600'000.0);
  const auto strong = strong_alone_cost(shape, rates(), 3, StrongCache::cold);
  EXPECT_DOUBLE_EQ(*strong, 1600 * 660'000.0 + 2300 * 22'000.0 + 600 * 1'980'000.0);
  // All turns redone: both are paid.
  EXPECT_DOUBLE_EQ(*trajectory_cost(shape, rates(), 3, {1, 1, 1}, StrongCache::warm),
                   *base + *strong);
}

TEST(BreakEven, AColdCacheBringsItDownAndTheCostAtItIsEven) {
  const TrajectoryShape shape{1000, 500, 300, 300, 1, 1, 1};
  const SwitchPattern pattern{0, 1, 1};
  const auto warm = break_even_share(shape, rates(), 150, pattern, StrongCache::warm);
  const auto cold = break_even_share(shape, rates(), 150, pattern, StrongCache::cold);
  ASSERT_TRUE(warm && cold);
  EXPECT_LT(*cold, *warm);
  EXPECT_LT(*cold, 0.1);
  const auto alone = strong_alone_cost(shape, rates(), 150, StrongCache::cold);
  EXPECT_NEAR(*trajectory_cost(shape, rates(), 150, {*cold, 1, 1}, StrongCache::cold) / *alone, 1,
              1e-6);
  TierRates unknown = rates();
  unknown.strong.input_hit.reset();
  EXPECT_FALSE(break_even_share(shape, unknown, 150, pattern, StrongCache::cold));
}

TEST(BreakEven, ToStayForTheRestIsOneColdPrefix) {
  const TrajectoryShape shape{1000, 500, 300, 300, 1, 1, 1};
  const double rest =
      *trajectory_cost(shape, rates(), 100, {0.5, std::nullopt, 1}, StrongCache::cold);
  const double warm =
      *trajectory_cost(shape, rates(), 100, {0.5, std::nullopt, 1}, StrongCache::warm);
  EXPECT_DOUBLE_EQ(rest, warm);  // it never comes back to find its cache lost
  EXPECT_GT(*trajectory_cost(shape, rates(), 100, {0.5, 5, 1}, StrongCache::cold), rest);
}

TEST(BreakEven, ThePlanKeepsItsShare) {
  // A strong turn that costs 1, a base turn that costs nothing: the cost counts turns.
  TierRates counting;
  counting.base.input_miss = counting.base.input_hit = counting.base.output = 0;
  counting.strong.input_miss = counting.strong.input_hit = 0;
  counting.strong.output = 1;
  const TrajectoryShape shape{10, 1, 1, 1, 1, 1, 1};
  for (const int turns : {10, 50, 150}) {
    for (const int stay : {1, 3, 8}) {
      const SwitchPattern pattern{0.4, stay, 1};
      EXPECT_NEAR(*trajectory_cost(shape, counting, turns, pattern, StrongCache::warm), 0.4 * turns,
                  1e-6)
          << turns << " " << stay;
    }
    EXPECT_NEAR(*trajectory_cost(shape, counting, turns, {0.4, std::nullopt, 1}, StrongCache::warm),
                0.4 * turns, 1e-6);
  }
}

TEST(BreakEven, NeedsBothTiersToHaveAnswered) {
  Calls calls;
  calls.add(1, 0, 100, 0, 1);
  EXPECT_FALSE(shape_of(route_sums(calls.all, book())));
}

TEST(Hindsight, BoundsAnyRouter) {
  const Arm base = sample_arm("flash", {{"a", 1, 1, 10}, {"b", 0, 1, 10}, {"c", 0, 1, 10}});
  const Arm strong = sample_arm("pro", {{"a", 0, 1, 100}, {"b", 1, 1, 100}, {"c", 0, 1, 100}});
  const auto rows = hindsight(base, strong);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "perfect_verifier");
  EXPECT_NEAR(rows[0].resolved.rate, 2.0 / 3, 1e-12);
  EXPECT_NEAR(*rows[0].usd_per_trial, (10 + 110 + 110) / 3.0 / 1e12, 1e-24);
  EXPECT_EQ(rows[1].name, "oracle_router");
  EXPECT_NEAR(rows[1].resolved.rate, 2.0 / 3, 1e-12);
  EXPECT_NEAR(*rows[1].usd_per_trial, (10 + 100 + 10) / 3.0 / 1e12, 1e-24);
}

TEST(Hindsight, RepeatsStopAtTheFirstSuccess) {
  const Arm base = sample_arm("flash", {{"a", 1, 2, 10}, {"b", 0, 2, 10}});
  const auto rows = hindsight(base, sample_arm("pro", {{"a", 2, 2, 100}, {"b", 2, 2, 100}}));
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[2].left_out, 0);
  EXPECT_EQ(rows[2].name, "flash x 2");
  EXPECT_EQ(rows[2].resolved.rate, 0.5);
  EXPECT_EQ(rows[3].name, "pro x 2");
  EXPECT_EQ(rows[3].resolved.rate, 1);
  EXPECT_NEAR(*rows[3].usd_per_trial, 100 / 1e12, 1e-24);
}

TEST(ArmRole, IsReadOffTheConfig) {
  ConfigRow row;
  row.agent = "bash";
  row.tiers = R"([{"name":"flash"},{"name":"pro"}])";
  row.policy = "tiers = [\"flash\", \"pro\"]\n";
  EXPECT_EQ(role_of(row).kind, ArmKind::cascade);
  row.policy = "[control]\nrandom_share = 0.25\n";
  EXPECT_EQ(role_of(row).kind, ArmKind::control);
  EXPECT_EQ(role_of(row).share, 0.25);
  row.policy = "";
  row.tiers = R"([{"name":"flash"}])";
  EXPECT_EQ(role_of(row).kind, ArmKind::plain);
  row.agent = "oracle";
  EXPECT_EQ(role_of(row).kind, ArmKind::reference);
}

TEST(ArmRole, ACascadesMissingControlsAreNamed) {
  Arm cascade = sample_arm("cascade", {});
  cascade.config.tiers = R"([{"name":"flash"},{"name":"pro"}])";
  cascade.config.policy = "stay = 1\n";
  Arm flash = sample_arm("flash", {});
  flash.config.tiers = R"([{"name":"flash"}])";
  flash.config.policy = "";
  const auto missing = missing_controls(role_of(cascade.config), {cascade, flash});
  EXPECT_EQ(missing, (std::vector<std::string>{"pro alone", "a random switch at its share"}));
}

}  // namespace
}  // namespace weir
