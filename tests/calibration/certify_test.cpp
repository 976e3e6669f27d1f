// Promises: the chain, its tests, abstaining; and a signal that says nothing.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/calibration/calibrate_log.hpp"
#include "results/statistics/distributions.hpp"
#include "tests/worlds/world.hpp"

namespace weir {
namespace {

TEST(Chain, SharesSumToOneAndLieOnTheEscalatingHalf) {
  for (std::size_t n = 1; n <= 12; ++n) {
    const auto shares = starting_shares(n);
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-12);
    for (std::size_t k = (n + 1) / 2; k < n; ++k) EXPECT_EQ(shares[k], 0);
  }
}

TEST(Chain, AThresholdThatPassesHandsItsShareToTheNextCheaper) {
  // 0.02 passes at 0.1 x 0.3; with its share 0.08 passes at 0.1 x 1.0 in the end.
  const auto passed = pass_chain({0.02, 0.04, 0.08, 0.2}, {0.3, 0.7, 0, 0}, 0.1);
  EXPECT_EQ(passed, (std::vector<bool>{true, true, true, false}));
}

TEST(Chain, AFailingStartDoesNotEndIt) {
  const auto passed = pass_chain({0.9, 0.01, 0.5, 0.5}, {0.3, 0.7, 0, 0}, 0.1);
  EXPECT_EQ(passed, (std::vector<bool>{false, true, false, false}));
}

TEST(Chain, NothingPassesAboveItsShare) {
  EXPECT_EQ(pass_chain({0.04, 0.08}, {0.3, 0.7}, 0.1), (std::vector<bool>{false, false}));
}

TEST(ExactTest, IsTheBinomialOfOneOwnRunATask) {
  ExplorationLog log;
  log.grid = {0.5, 1.01};
  log.probs = {0.5, 0.5};
  for (std::size_t task = 0; task < 200; ++task) {
    log.tasks.push_back(std::to_string(task));
    for (int attempt = 0; attempt < 2; ++attempt) {  // one of them counts
      ExploredRun run;
      run.id = std::to_string(log.runs.size());
      run.task = task;
      run.consistent = 0b01;
      run.resolved = task % 10 != 0;
      log.runs.push_back(run);
    }
  }
  const auto tests = test_thresholds(log, 0.8, 0.1, Guarantee::finite_sample, 1);
  ASSERT_EQ(tests[0].method, ThresholdTest::Method::exact);
  EXPECT_EQ(tests[0].tasks, 190);  // 10 scouts
  EXPECT_GE(tests[0].p, binomial_cdf(10, 190, 0.2));
  EXPECT_LE(tests[0].p, binomial_cdf(20, 190, 0.2));
  EXPECT_EQ(tests[1].p, 1);  // never drawn
}

TEST(BettingTest, IsChosenWhereMostRunsFitMostThresholds) {
  ExplorationLog log = explore(fixed_worlds()[0], 400, 3, Draws::independent, 2);
  for (auto& run : log.runs) run.consistent = 0b1111111;
  for (const auto& test : test_thresholds(log, 0.5, 0.1, Guarantee::finite_sample, 1)) {
    EXPECT_EQ(test.method, ThresholdTest::Method::betting);
  }
}

TEST(ControlledOutcomes, StayAboveWhatTheyCouldHaveBeen) {
  for (const auto draws : {Draws::independent, Draws::distinct}) {
    const auto log = explore(fixed_worlds()[2], 300, 3, draws, 4);
    for (std::size_t k = 0; k < log.grid.size(); ++k) {
      for (const auto& each : controlled_outcomes(log, k, log.runs_by_task(), 0.7)) {
        EXPECT_GE(each.value, each.lowest - 1e-12);
      }
    }
  }
}

TEST(AsymptoticTest, HandsOverToTheExactOneWhereNothingFailed) {
  ExplorationLog log = explore(fixed_worlds()[0], 60, 1, Draws::independent, 2);
  for (auto& run : log.runs) run.resolved = true;
  for (const auto& test : test_thresholds(log, 0.999, 0.1, Guarantee::asymptotic, 1)) {
    EXPECT_EQ(test.method, ThresholdTest::Method::exact);
    EXPECT_GT(test.p, 0.9);
  }
}

TEST(Bands, AreNeverOfZeroWidth) {
  ExplorationLog log = explore(fixed_worlds()[0], 60, 3, Draws::independent, 2);
  for (auto& run : log.runs) run.resolved = true;
  for (const auto& each : estimate_thresholds(log, {200, 1, 0.95})) {
    EXPECT_LT(each.resolved.band.low, 0.95);
    EXPECT_DOUBLE_EQ(each.resolved.value, 1);
  }
}

TEST(Calibrate, IsTheSameForTheSameSeed) {
  const auto log = explore(fixed_worlds()[2], 400, 3, Draws::independent, 21);
  CalibrationRequest request;
  request.target = Target{fixed_worlds()[2].target, false};
  request.resamples = 300;
  const auto one = calibrate_log(log, request);
  const auto two = calibrate_log(log, request);
  EXPECT_EQ(one.chosen, two.chosen);
  EXPECT_EQ(one.estimates[2].resolved.band.low, two.estimates[2].resolved.band.low);
  EXPECT_EQ(one.abstention, two.abstention);
}

TEST(Calibrate, AbstainsAndSaysHowManyTasksItWouldTake) {
  const auto log = explore(fixed_worlds()[3], 100, 3, Draws::independent, 2);
  CalibrationRequest request;
  request.target = Target{fixed_worlds()[3].target, false};
  request.resamples = 300;
  const auto found = calibrate_log(log, request);
  EXPECT_FALSE(found.chosen);
  ASSERT_TRUE(found.tasks_needed);
  EXPECT_GT(*found.tasks_needed, 100);
  EXPECT_GT(found.abstention, kMostAbstention);
}

TEST(Calibrate, ASignalThatSaysNothingGainsNothingOverBlindChoice) {
  World world = fixed_worlds()[0];
  world.after_error = world.otherwise;
  world.target = world.truth(1.01).resolved;
  CalibrationRequest request;
  request.target = Target{world.target - 0.05, false};
  request.resamples = 1000;
  int gains = 0;
  int chose = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto found = calibrate_log(explore(world, 300, 3, Draws::independent, seed), request);
    if (!found.blind || !found.blind->interval) continue;
    ++chose;
    if (found.blind->interval->low > 0) ++gains;
  }
  EXPECT_GT(chose, 30);
  EXPECT_LE(gains, std::max(3, chose / 20));
}

TEST(LogValidation, IsFairWhereThePlugInIsNot) {
  // Over many logs, what other folds chose lies below what looked good in sample.
  const World& world = fixed_worlds()[1];
  double in_sample = 0;
  double held_out = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto log = explore(world, 150, 3, Draws::independent, seed);
    const auto found = cross_validate(log, world.target, seed);
    ASSERT_TRUE(found);
    held_out += found->resolved;
    double best = 0;
    double cost = 1e9;
    for (const auto& each : estimate_thresholds(log, {100, seed, 0.95})) {
      if (each.resolved.value < world.target || each.usd->value >= cost) continue;
      cost = each.usd->value;
      best = each.resolved.value;
    }
    in_sample += best;
  }
  EXPECT_GT(in_sample, held_out);
}

TEST(Calibrate, BestQualityWithinABudget) {
  const auto log = explore(fixed_worlds()[2], 400, 3, Draws::independent, 3);
  CalibrationRequest request;
  request.objective = Objective::max_quality;
  request.budget_usd = 0.6;
  request.resamples = 300;
  const auto found = calibrate_log(log, request);
  ASSERT_TRUE(found.chosen);
  EXPECT_LE(fixed_worlds()[2].truth(log.grid[*found.chosen]).usd, 0.6);
  request.budget_usd = 0.01;
  EXPECT_FALSE(calibrate_log(log, request).chosen);
}

TEST(World, TruthIsWhatItsRunsTendTo) {
  for (const auto& world : fixed_worlds()) {
    const auto log = explore(world, 20'000, 1, Draws::independent, 8);
    for (std::size_t k = 0; k < world.grid.size(); ++k) {
      double resolved = 0;
      double usd = 0;
      double squares = 0;
      double n = 0;
      for (const auto& run : log.runs) {
        if (run.drawn != k) continue;
        resolved += *run.resolved ? 1 : 0;
        const double cost = static_cast<double>(*run.cost) / 1e12;
        usd += cost;
        squares += cost * cost;
        ++n;
      }
      const auto truth = world.truth(world.grid[k]);
      EXPECT_NEAR(resolved / n, truth.resolved,
                  4.5 * std::sqrt(truth.resolved * (1 - truth.resolved) / n));
      const double spread = std::sqrt(std::max(0.0, squares / n - usd / n * usd / n));
      EXPECT_NEAR(usd / n, truth.usd, 4.5 * spread / std::sqrt(n) + 1e-9);
    }
  }
}

}  // namespace
}  // namespace weir
