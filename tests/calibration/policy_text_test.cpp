// Policies that calibration writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/calibration/certified_policy.hpp"
#include "harness/calibration/settled_policy.hpp"
#include "harness/calibration/signal_rates.hpp"
#include "tests/error_of.hpp"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SettledPolicy, HasTheThresholdAndNeitherExploresNorCertifies) {
  const std::string settled = settled_policy(
      "# mine\nstay = 3\n[score] # s\nthreshold = 0.4  # was\nweights = { repeat = 1.0 }\n"
      "[explore]\ngrid = [0.4, 0.8]\n[always]\nconsecutive_failures = 2\n"
      "[certificate]\nsimulated = true\n[certificate.binds]\nredo = \"rollback\"\n",
      0.8);
  const Policy policy = parse_policy("p", settled);
  EXPECT_DOUBLE_EQ(policy.threshold, 0.8);
  EXPECT_TRUE(policy.grid.empty());
  EXPECT_FALSE(policy.certificate);
  EXPECT_EQ(policy.consecutive_failures, 2);
  EXPECT_EQ(policy.stay, 3);
  EXPECT_THAT(settled, HasSubstr("# mine"));
  EXPECT_THAT(settled, Not(HasSubstr("0.4")));
}

TEST(SettledPolicy, ScoreIsMadeWhereThereIsNone) {
  EXPECT_DOUBLE_EQ(parse_policy("p", settled_policy("stay = 2\n", 0.5)).threshold, 0.5);
  EXPECT_DOUBLE_EQ(
      parse_policy("p", settled_policy("[score]\nweights = { repeat = 1 }\n", kNever)).threshold,
      kNever);
}

TEST(SettledPolicy, IsTheSameWhenSettledAgain) {
  const std::string once =
      settled_policy("[score]\nthreshold = 0.2\n[explore]\ngrid = [0.2]\n", 0.7);
  EXPECT_EQ(settled_policy(once, 0.7), once);
}

TEST(SettledPolicy, WhatCannotBeChangedLineByLineIsRefused) {
  EXPECT_THAT(error_of([] { (void)settled_policy("score = { threshold = 0.2 }\n", 0.7); }),
              Not(testing::IsEmpty()));
}

TEST(CertifiedPolicy, ReadsBackWithWhatItBinds) {
  CertificateFacts facts;
  facts.simulated = true;
  facts.binds = {{"redo", "rollback"}, {"served", "a \"b\", c"}};
  facts.population = {{"format", "harbor"}, {"source", "s"}, {"filter", ""}};
  facts.prices_sha256 = "abc";
  facts.quality = {{"target", 0.75}, {"tasks", 400}, {"method", "exact binomial"}};
  facts.cost = {{"usd_per_run", 0.001234}};
  facts.signals = {{"tests_red", {0.125, 0.01}}, {"escalated", {0.05, 0.002}}};
  const std::string text =
      certified_policy(settled_policy("[score]\nthreshold = 0.2\n", 0.6), facts);
  const Policy policy = parse_policy("p", text);
  ASSERT_TRUE(policy.certificate);
  EXPECT_TRUE(policy.certificate->simulated);
  EXPECT_EQ(policy.certificate->binds, facts.binds);
  EXPECT_EQ(policy.certificate->population, facts.population);
  EXPECT_EQ(policy.certificate->prices_sha256, "abc");
  EXPECT_DOUBLE_EQ(policy.certificate->signals.at("tests_red").mean, 0.125);
  EXPECT_DOUBLE_EQ(policy.certificate->signals.at("escalated").error, 0.002);
}

TEST(SignalDrift, IsMoreThanChance) {
  const std::map<std::string, SignalRate> then = {{"a", {0.10, 0.01}}, {"b", {0.5, 0.01}}};
  EXPECT_TRUE(drifted(then, {{"a", {0.13, 0.01}}}).empty());
  const auto lines = drifted(then, {{"a", {0.20, 0.01}}, {"b", {0.51, 0.01}}, {"c", {1, 0}}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("a is 0.2000"));
}

}  // namespace
}  // namespace weir
