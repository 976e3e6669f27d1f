// Forks as differences, and logs whose turns were explored one by one.

#include "harness/calibration/benefit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>

#include "harness/calibration/log_checks.hpp"
#include "harness/calibration/log_reader.hpp"
#include "harness/calibration/turn_exploration.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

ForkEffect effect(const std::string& task, double score, std::optional<double> resolved,
                  double weight = 1) {
  return {.task = task, .weight = weight, .resolved = resolved, .usd = 0.5, .score = score};
}

TEST(Benefit, ADifferenceIsEscalatedLessKeptWhicheverTheTrialDid) {
  ForkPair pair;
  pair.fork.probability = 0.25;
  pair.fork.escalates = false;  // the trial escalated
  pair.fork.outcome = Outcome::unresolved;
  pair.taken = Outcome::resolved;
  pair.taken_cost = 3'000'000'000'000;
  pair.other_cost = 1'000'000'000'000;
  EXPECT_EQ(effect_of(pair).resolved, 1);
  EXPECT_EQ(effect_of(pair).usd, 2);
  EXPECT_EQ(effect_of(pair).weight, 4);
  pair.fork.escalates = true;
  EXPECT_EQ(effect_of(pair).resolved, -1);
  pair.fork.outcome = Outcome::infra_error;
  EXPECT_FALSE(effect_of(pair).resolved);
}

TEST(Benefit, MissingForksAreBoundedNotDropped) {
  std::vector<ForkEffect> effects;
  for (int i = 0; i < 12; ++i) effects.push_back(effect(std::to_string(i), 0, i % 2));
  effects.push_back(effect("12", 0, {}));
  const auto curves = benefit_curves(effects);
  ASSERT_EQ(curves.size(), 1U);
  const BenefitBin& bin = curves[0].bins.at(0);
  EXPECT_EQ(bin.forks, 13);
  EXPECT_EQ(bin.missing, 1);
  EXPECT_DOUBLE_EQ(bin.resolved, 0.5);
  EXPECT_DOUBLE_EQ(bin.lowest, 5.0 / 13);
  EXPECT_DOUBLE_EQ(bin.highest, 7.0 / 13);
  EXPECT_TRUE(bin.interval);
}

TEST(Benefit, ForksAreWeighedByTheirProbability) {
  const auto curves = benefit_curves({effect("a", 0, 1, 3), effect("b", 0, 0, 1)});
  EXPECT_DOUBLE_EQ(curves[0].bins[0].resolved, 0.75);
  EXPECT_FALSE(curves[0].bins[0].interval);  // two tasks
}

TEST(Benefit, EqualValuesShareABin) {
  std::vector<ForkEffect> effects;
  for (int i = 0; i < 100; ++i) effects.push_back(effect("t", i < 60 ? 0 : 0.01 * i, 1));
  const auto bins = benefit_curves(effects)[0].bins;
  EXPECT_EQ(bins[0].forks, 60);
  EXPECT_LE(bins.size(), 5U);
}

TEST(Benefit, ForksOfALog) {
  const auto log = parse_exploration_log(
      "f",
      R"({"grid":[0.3,1.01]})"
      "\n"
      R"({"run":1,"task":"a","threshold":0.3,"resolved":false,"cost":1,"turns":1})"
      "\n"
      R"({"run":1,"turn":1,"score":0.1,"escalated":false,"fork":{"resolved":true,"cost":3},"fork_probability":0.5})");
  ASSERT_EQ(log.forks.size(), 1U);
  EXPECT_EQ(log.forks[0].resolved, 1);
  EXPECT_EQ(log.forks[0].usd, 2);
  EXPECT_EQ(log.forks[0].weight, 2);
}

/// Runs whose turns escalate at 0.5 and, with chance `p`, do the other thing; a turn with a
/// high score that does not escalate costs the run its success.
std::string turnwise_log(int tasks, int turns, double p, double told) {
  boost::random::mt19937_64 engine(7);
  boost::random::uniform_01<double> unit;
  std::string text = R"({"grid":[0.25,0.5,0.75,1.01]})"
                     "\n";
  for (int task = 0; task < tasks; ++task) {
    bool resolved = true;
    std::string lines;
    for (int turn = 1; turn <= turns; ++turn) {
      const double score = unit(engine);
      const bool other = unit(engine) < p;
      const bool escalated = (score >= 0.5) != other;
      if (score >= 0.6 && !escalated) resolved = false;
      const double chance = score >= 0.5 ? 1 - told : told;
      lines += "{\"run\":" + std::to_string(task) + ",\"turn\":" + std::to_string(turn) +
               ",\"score\":" + std::to_string(score) +
               ",\"escalated\":" + (escalated ? "true" : "false") +
               ",\"p_escalate\":" + std::to_string(chance) +
               ",\"cost\":" + (escalated ? "2" : "1") + "}\n";
    }
    text += "{\"run\":" + std::to_string(task) + ",\"task\":\"t" + std::to_string(task) +
            "\",\"threshold\":0.5,\"resolved\":" + (resolved ? "true" : "false") + "}\n" + lines;
  }
  return text;
}

TEST(TurnExploration, ShortHorizonsAreEstimatedAndNothingIsCertified) {
  const auto log = parse_exploration_log("f", turnwise_log(4000, 2, 0.3, 0.3));
  const auto estimates = estimate_turnwise(log);
  // 0.5 resolves everything; never, only what scores low twice.
  EXPECT_NEAR(*estimates[1].resolved, 1, 1e-9);
  EXPECT_NEAR(*estimates[3].resolved, 0.36, 4.5 * estimates[3].resolved_error);
  EXPECT_NEAR(*estimates[1].usd, 3, 0.1);  // half of the turns escalate
  EXPECT_NEAR(*estimates[3].usd, 2, 0.1);
  EXPECT_NEAR(estimates[2].mean_weight, 1, 4.5 * estimates[2].mean_weight_error);
  const auto page = turnwise_document(log, estimates);
  EXPECT_THAT(page.sections[0].notes[0], HasSubstr("certify nothing"));
}

TEST(TurnExploration, AtAnAgentsHorizonThereIsNoEstimate) {
  const auto log = parse_exploration_log("f", turnwise_log(400, 36, 0.15, 0.15));
  EXPECT_FALSE(estimate_turnwise(log)[3].resolved);
}

TEST(TurnExploration, WrongProbabilitiesAreFound) {
  const auto log = parse_exploration_log("f", turnwise_log(4000, 2, 0.3, 0.1));
  EXPECT_THAT(error_of([&] { (void)estimate_turnwise(log); }), HasSubstr("p_escalate"));
}

TEST(TurnExploration, ARunWithoutItsTurnsIsRefused) {
  EXPECT_THAT(error_of([] {
                (void)parse_exploration_log(
                    "f", turnwise_log(1, 1, 0.3, 0.3) +
                             R"({"run":"x","task":"y","threshold":0.5,"resolved":true})");
              }),
              HasSubstr("run x has none"));
}

/// A tree's trials: groups of thresholds that went the same way.
TEST(Tree, ItsLogIsSoundAndEveryWeightIsExact) {
  ExplorationLog log;
  log.grid = {0.2, 0.5, 1.01};
  log.probs.assign(3, 1.0 / 3);
  for (std::size_t task = 0; task < 60; ++task) {
    log.tasks.push_back(std::to_string(task));
    for (std::size_t k = 0; k < 3; ++k) {
      ExploredRun run;
      run.id = std::to_string(task) + "/" + std::to_string(k);
      run.task = task;
      run.drawn = k;
      run.consistent = k == 0 ? 0b001U : 0b110U;  // the upper two never disagreed
      run.resolved = (task + (k == 0 ? 0 : 1)) % 2 == 0;
      run.cost = 1'000'000 * static_cast<Picodollars>(3 - k);
      log.runs.push_back(run);
    }
  }
  const auto estimates = estimate_thresholds(log, {200, 1, 0.95});
  for (const auto& each : estimates) {
    EXPECT_DOUBLE_EQ(each.mean_weight, 1);
    EXPECT_DOUBLE_EQ(each.resolved.value, 0.5);
  }
  EXPECT_NO_THROW(check_exploration(log, estimates));
}

/// Named for what it was: survivors of trees whose other members were lost counted for more.
TEST(Tree, AMissingSiblingChangesNobodysRate) {
  ExplorationLog log;
  log.grid = {0.2, 0.5, 1.01};
  log.probs.assign(3, 1.0 / 3);
  log.every_threshold = true;
  for (std::size_t task = 0; task < 40; ++task) {
    log.tasks.push_back(std::to_string(task));
    for (std::size_t k = 0; k < 3; ++k) {
      ExploredRun run;
      run.id = std::to_string(task) + "/" + std::to_string(k);
      run.task = task;
      run.drawn = k;
      run.consistent = ThresholdSet{1} << k;
      if (k == 2 || task >= 10) run.resolved = task % 4 == 0;  // ten tasks lose two of three
      run.cost = 1'000'000;
      log.runs.push_back(run);
    }
  }
  level_trees(log);
  const auto estimates = estimate_thresholds(log, {200, 1, 0.95});
  EXPECT_DOUBLE_EQ(estimates[2].resolved.value, 0.25);  // all forty of its own
  EXPECT_NEAR(estimates[0].resolved.value, 7.0 / 30, 1e-12);
  EXPECT_NEAR(estimates[2].mean_weight, 1, 1e-12);
}

}  // namespace
}  // namespace weir
