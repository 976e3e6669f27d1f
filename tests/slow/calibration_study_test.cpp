// The promise, kept: worlds of known truth, some drawn at random.

#include <gtest/gtest.h>

#include "tests/worlds/study.hpp"

namespace weir {
namespace {

void expect_kept(const World& world, Draws draws) {
  StudyPlan plan;
  plan.replications = 300;
  plan.draws = draws;
  plan.seed = 77;
  const WorldScore score = study_world(world, plan);
  SCOPED_TRACE(world.name);
  for (const auto& method : score.methods) {
    EXPECT_LE(method.violation_rate(), allowed_violations(plan)) << method.name;
  }
  if (score.methods[3].abstention_rate() <= 0.2) {  // rarer choices are not protected
    EXPECT_GE(score.covers_resolved, 0.93 - 0.04);  // 240 choices or more
    EXPECT_GE(score.covers_cost, 0.93 - 0.04);
  }
  EXPECT_LT(score.worst_bias, 4.5);
  EXPECT_NEAR(score.mean_weight, 1, 0.01);
  // The chain abstains less than a fixed sequence of bets.
  EXPECT_LE(score.methods[3].abstention_rate(), score.methods[0].abstention_rate());
}

TEST(CalibrationStudy, PromisesAreKeptInFixedWorlds) {
  for (const auto& world : fixed_worlds()) expect_kept(world, Draws::independent);
}

TEST(CalibrationStudy, PromisesAreKeptInRandomWorlds) {
  for (std::uint64_t seed = 500; seed < 506; ++seed) {
    expect_kept(random_world(seed), Draws::independent);
  }
}

TEST(CalibrationStudy, DrawingWithoutReplacementKeepsThemToo) {
  expect_kept(fixed_worlds()[0], Draws::distinct);
  expect_kept(fixed_worlds()[2], Draws::distinct);
  expect_kept(fixed_worlds()[4], Draws::distinct);
}

TEST(CalibrationStudy, WalkingTheGridKeepsThemToo) {
  for (const auto& world : fixed_worlds()) expect_kept(world, Draws::walk);
}

}  // namespace
}  // namespace weir
