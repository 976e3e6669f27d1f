// Logs of drawn thresholds: what is read, what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/log_reader.hpp"
#include "tests/error_of.hpp"
#include "tests/worlds/world.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

const std::string kMeta = R"({"type":"meta","grid":[0.3,0.6,1.01]})"
                          "\n";
const std::string kRun =
    R"({"type":"run","run":1,"task":"a","threshold":0.6,"resolved":true,"cost":0.5})"
    "\n";

std::string error_in(const std::string& text) {
  return error_of([&] { (void)parse_exploration_log("f.jsonl", text); });
}

std::string turn(double score, bool escalated, int number = 1) {
  return R"({"type":"turn","run":1,"turn":)" + std::to_string(number) + R"(,"score":)" +
         std::to_string(score) + R"(,"escalated":)" + (escalated ? "true" : "false") + "}\n";
}

TEST(ExplorationLog, ARunIsARunOfEveryThresholdThatAgreesWithItsTurns) {
  const auto log = parse_exploration_log(
      "f", kMeta + kRun + turn(0.1, false) + turn(0.7, true, 2) + turn(0.5, false, 3));
  ASSERT_EQ(log.runs.size(), 1U);
  // 0.3 would have escalated at 0.5, never would not have at 0.7.
  EXPECT_EQ(log.runs[0].consistent, 0b010U);
  EXPECT_DOUBLE_EQ(weight(log, log.runs[0], 1), 3);
  EXPECT_DOUBLE_EQ(weight(log, log.runs[0], 0), 0);
  EXPECT_EQ(log.runs[0].strong_turns, 1);
  EXPECT_EQ(log.runs[0].cost, 500'000'000'000);
}

TEST(ExplorationLog, LinesMayComeInAnyOrderAndWearNoType) {
  const auto log =
      parse_exploration_log("f", R"({"run":1,"turn":1,"score":0.1,"escalated":0})"
                                 "\r\n"
                                 R"({"run":{"run":1,"task":"a","threshold":1.01,"resolved":null}})"
                                 "\n\n"
                                 R"({"grid":[1.01,0.2],"grid_probs":[0.25,0.75]})");
  EXPECT_EQ(log.grid, (std::vector<double>{0.2, 1.01}));
  EXPECT_EQ(log.probs, (std::vector<double>{0.75, 0.25}));
  EXPECT_EQ(log.runs[0].consistent, 0b11U);
  EXPECT_FALSE(log.runs[0].resolved);
}

TEST(ExplorationLog, ARunWithoutTurnsStandsForItsOwnThreshold) {
  EXPECT_EQ(parse_exploration_log("f", kMeta + kRun).runs[0].consistent, 0b010U);
}

TEST(ExplorationLog, RunsWithoutAThresholdArePlainArms) {
  const auto log = parse_exploration_log(
      "f", kMeta + kRun +
               R"({"run":2,"task":"a","config":"flash","threshold":null,"resolved":1,"cost":2})");
  ASSERT_EQ(log.plain_arms.size(), 1U);
  EXPECT_EQ(log.plain_arms[0].config, "flash");
  EXPECT_EQ(log.runs.size(), 1U);
}

TEST(ExplorationLog, WhatCannotBeUsedIsNamedWithItsLine) {
  EXPECT_THAT(error_in(kRun), HasSubstr("no meta line"));
  EXPECT_THAT(error_in(kMeta + "{\"a\":NaN}"), HasSubstr("f.jsonl:2: is not JSON"));
  EXPECT_THAT(error_in(kMeta + "{\"a\":1}"), HasSubstr("neither"));
  EXPECT_THAT(error_in(kMeta + kRun + kRun), HasSubstr("f.jsonl:3: run 1 is there twice"));
  EXPECT_THAT(error_in(R"({"grid":[0.2,0.4],"grid_probs":[0.5,0.6]})"), HasSubstr("sum to 1"));
  EXPECT_THAT(error_in(R"({"grid":[0.2,1.5]})"), HasSubstr("convention"));
  EXPECT_THAT(error_in(R"({"grid":[0.2,0.2]})"), HasSubstr("twice"));
  EXPECT_THAT(error_in(kMeta + R"({"run":1,"task":"a","threshold":0.4,"resolved":1})"),
              HasSubstr("not on the grid"));
  EXPECT_THAT(error_in(kMeta + R"({"run":1,"task":"a","threshold":0.6})"),
              HasSubstr("lacks \"resolved\""));
  EXPECT_THAT(error_in(kMeta + R"({"run":1,"threshold":0.6,"resolved":1})"),
              HasSubstr("lacks \"task\""));
  EXPECT_THAT(error_in(kMeta + R"({"run":1,"task":"a","threshold":0.6,"resolved":1,"cost":-1})"),
              HasSubstr("cost"));
  EXPECT_THAT(error_in(kMeta + kRun + turn(1.2, true)), HasSubstr("not in [0,1]"));
  EXPECT_THAT(error_in(kMeta + kRun + turn(0.1, true)), HasSubstr("did not go by its threshold"));
  EXPECT_THAT(error_in(kMeta + kRun + turn(0.1, false) + turn(0.1, false)), HasSubstr("twice"));
  EXPECT_THAT(error_in(kMeta + turn(0.1, false)), HasSubstr("has no line"));
  EXPECT_THAT(error_in(kMeta), HasSubstr("no run"));
  EXPECT_THAT(error_in(kMeta + kRun +
                       R"({"run":1,"turn":1,"score":0.1,"escalated":false,"p_escalate":1.0})"),
              HasSubstr("no chance at all"));
  EXPECT_THAT(error_in(kMeta + kRun +
                       R"({"run":1,"turn":1,"score":0.1,"escalated":false,"fork":{"resolved":1}})"),
              HasSubstr("fork_probability"));
  EXPECT_THAT(error_in(kMeta +
                       R"({"run":1,"task":"a","threshold":0.6,"resolved":1,"turns":2})"
                       "\n" +
                       turn(0.1, false)),
              HasSubstr("should have 2"));
}

TEST(ExplorationLog, AWorldsLogReadsAsItWasMade) {
  const World& world = fixed_worlds()[0];
  const auto made = explore(world, 60, 3, Draws::independent, 5);
  const auto read =
      parse_exploration_log("f", explore_to_jsonl(world, 60, 3, Draws::independent, 5));
  ASSERT_EQ(read.runs.size(), made.runs.size());
  for (std::size_t i = 0; i < made.runs.size(); ++i) {
    EXPECT_EQ(read.runs[i].consistent, made.runs[i].consistent);
    EXPECT_EQ(read.runs[i].resolved, made.runs[i].resolved);
    EXPECT_EQ(read.runs[i].strong_turns, made.runs[i].strong_turns);
    EXPECT_NEAR(static_cast<double>(*read.runs[i].cost), static_cast<double>(*made.runs[i].cost),
                2);
  }
}

class LogChecks : public testing::Test {
 protected:
  std::string refusal() const {
    return error_of([&] { (void)calibrate_log(log_, request_); });
  }
  LogChecks() {
    request_.target = Target{0.7, false};
    request_.resamples = 200;
  }
  ExplorationLog log_ = explore(fixed_worlds()[0], 200, 3, Draws::independent, 9);
  CalibrationRequest request_;
};

TEST_F(LogChecks, ASoundLogIsNotRefused) {
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(LogChecks, WrongProbabilitiesFire) {
  log_.probs = {0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1};
  EXPECT_THAT(refusal(), HasSubstr("not those the thresholds were drawn with"));
}

TEST_F(LogChecks, WrongConsistentSetsMakeTheMeanWeightFire) {
  for (auto& run : log_.runs)
    run.consistent |= ThresholdSet{0b11} << (run.drawn > 4 ? 4 : run.drawn);
  EXPECT_THAT(refusal(), HasSubstr("not 1"));
}

TEST_F(LogChecks, ADeterministicLogIsRefused) {
  for (auto& run : log_.runs) run.drawn = 3, run.consistent = 0b1000;
  EXPECT_THAT(refusal(), HasSubstr("deterministic"));
}

TEST_F(LogChecks, TooFewTasksAreRefused) {
  log_ = explore(fixed_worlds()[0], 20, 3, Draws::independent, 9);
  EXPECT_THAT(refusal(), HasSubstr("too few"));
}

TEST_F(LogChecks, OutcomesMissingUnderOneThresholdAreRefusedOrBounded) {
  for (auto& run : log_.runs) {
    if (run.drawn == 0 && run.task % 3 == 0) run.resolved.reset();
  }
  EXPECT_THAT(refusal(), HasSubstr("no chance"));
  request_.missing_unresolved = true;
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(LogChecks, AFewMissingOutcomesAreLeftOut) {
  for (auto& run : log_.runs) {
    if (run.task % 50 == 0) run.resolved.reset();
  }
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(LogChecks, RunsInDoubtAreBoundedNeverDropped) {
  for (auto& run : log_.runs) run.in_doubt = run.task % 10 == 0;
  const auto found = calibrate_log(log_, request_);
  double width = 0;
  for (const auto& each : found.estimates) {
    EXPECT_LT(each.resolved_low, each.resolved.value);
    EXPECT_GE(each.resolved_high, each.resolved.value);
    width += each.resolved_high - each.resolved_low;
  }
  EXPECT_NEAR(width / static_cast<double>(found.estimates.size()), 0.1, 0.05);
}

TEST(ExplorationLog, OrderThatFollowsOutcomesChangesNothing) {
  // A task's runs sorted by outcome: the exact test must not take the first.
  const World& world = fixed_worlds()[4];
  auto log = explore(world, 400, 5, Draws::independent, 31);
  auto sorted = log;
  std::stable_sort(sorted.runs.begin(), sorted.runs.end(),
                   [](const ExploredRun& a, const ExploredRun& b) {
                     return a.task != b.task ? a.task < b.task : *a.resolved > *b.resolved;
                   });
  for (const auto guarantee : {Guarantee::finite_sample, Guarantee::asymptotic}) {
    const auto one = test_thresholds(log, world.target, 0.1, guarantee, 1);
    const auto two = test_thresholds(sorted, world.target, 0.1, guarantee, 1);
    for (std::size_t k = 0; k < one.size(); ++k) EXPECT_NEAR(one[k].p, two[k].p, 1e-9);
  }
}

TEST(ExplorationLog, TwoLogsAreNotOne) {
  EXPECT_THAT(error_in(kMeta + kRun + R"({"grid":[0.3,0.6,1.01],"grid_probs":[0.2,0.2,0.6]})"),
              HasSubstr("another meta line"));
}

TEST(ExplorationLog, MissingTurnsAreSeen) {
  EXPECT_THAT(error_in(kMeta + kRun + turn(0.1, false, 4)), HasSubstr("numbered 4 to 4"));
  EXPECT_THAT(error_in(kMeta + kRun + turn(0.1, false, 1) + turn(0.1, false, 3)),
              HasSubstr("from 0 or 1 on"));
  EXPECT_THAT(
      error_in(kMeta + R"({"run":1,"task":"a","threshold":0.6,"resolved":1,"turns":1e300})"),
      HasSubstr("whole number"));
}

TEST(ExplorationLog, GapsNeedCostsToTellBaseFromStrong) {
  auto log = explore(fixed_worlds()[0], 60, 3, Draws::independent, 9);
  log.plain_arms = {{"flash", 10, 5, 0, false}, {"pro", 10, 8, 0, false}};
  CalibrationRequest request;
  request.target = Target{0.5, true};
  request.resamples = 100;
  EXPECT_THAT(error_of([&] { (void)calibrate_log(log, request); }), HasSubstr("do not tell"));
  log.plain_arms = {{"pro", 10, 8, 9, true}, {"flash", 10, 5, 1, true}};
  const auto found = calibrate_log(log, request);
  EXPECT_DOUBLE_EQ(*found.target, 0.65);
  EXPECT_THAT(found.gap, HasSubstr("flash + 0.5"));
}

}  // namespace
}  // namespace weir
