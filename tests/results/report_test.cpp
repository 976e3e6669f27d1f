#include "results/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

TrialSummary trial(const std::string& task, int attempt, Outcome outcome,
                   std::optional<Picodollars> cost) {
  TrialSummary t;
  t.task = task;
  t.config = "flash";
  t.attempt = attempt;
  t.outcome = outcome;
  t.cost_pusd = cost;
  t.spend.add(cost);
  t.usd_strong = 0;
  t.usd_other_tries = 0;
  t.turns = 10;
  t.input_total = 1000;
  t.input_hit = 500;
  t.output_total = 10;
  return t;
}

TEST(Comparison, MissingDataIsNoFailure) {
  const auto row = summarize(
      "flash", {trial("a", 1, Outcome::resolved, 5), trial("a", 2, Outcome::provider_error, 5),
                trial("b", 1, Outcome::agent_limit, 5), trial("b", 2, Outcome::invalid, 5)});
  EXPECT_EQ(row.headline.trials, 3);
  EXPECT_NEAR(row.headline.rate, 1.0 / 3, 1e-12);
  EXPECT_EQ(row.all.trials, 4);
  EXPECT_NEAR(row.all.rate, 0.25, 1e-12);
  EXPECT_EQ(row.missing, 1);
  EXPECT_EQ(row.cost_pusd, 20);
}

TEST(Comparison, OneUnknownCostMakesTheSumUnknown) {
  const auto row = summarize("flash", {trial("a", 1, Outcome::resolved, 5),
                                       trial("b", 1, Outcome::resolved, std::nullopt)});
  EXPECT_FALSE(row.cost_pusd);
  EXPECT_FALSE(row.usd_per_trial);
}

Comparison sample(bool simulated) {
  Comparison c;
  c.run.id = std::string(32, 'a');
  c.run.name = "x";
  c.run.simulated = simulated;
  c.configs = {summarize("flash", {trial("a", 1, Outcome::unresolved, 5'000'000'000)})};
  return c;
}

TEST(Report, SimulatedStandsInTheTitle) {
  EXPECT_THAT(markdown_report(sample(true)), HasSubstr("## x: 0 tasks x 0 attempts (simulated"));
  EXPECT_THAT(markdown_report(sample(false)), Not(HasSubstr("simulated")));
  EXPECT_TRUE(json_report(sample(true)).at("simulated").get<bool>());
}

TEST(Report, NothingResolvedHasNoCostPerResolved) {
  EXPECT_THAT(markdown_report(sample(false)), HasSubstr("none resolved"));
  EXPECT_TRUE(json_report(sample(false)).at("configs").at(0).at("usd_per_resolved").is_null());
}

TEST(Report, SaysUnknownInsteadOfZero) {
  Comparison c = sample(false);
  c.configs = {summarize("flash", {trial("a", 1, Outcome::resolved, std::nullopt)})};
  EXPECT_THAT(markdown_report(c), HasSubstr("unknown"));
  EXPECT_TRUE(json_report(c).at("configs").at(0).at("usd").is_null());
}

}  // namespace
}  // namespace weir
