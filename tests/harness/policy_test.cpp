#include "harness/router/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    (void)parse_policy("p.toml", text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Policy, ReadsTheBundledOne) {
  const std::string file = WEIR_SOURCE_DIR "/tasks/suites/first_steps_policy.toml";
  const Policy policy = parse_policy(file, read_file(file));
  EXPECT_EQ(policy.redo, Redo::rollback);
  EXPECT_EQ(policy.stay, 1);
  EXPECT_DOUBLE_EQ(policy.threshold, 0.6);
  EXPECT_EQ(policy.consecutive_failures, 2);
}

TEST(Policy, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(error_of("redo = \"rolback\"\n"), HasSubstr("p.toml:1"));
  EXPECT_THAT(error_of("[score]\nweights = { tests_read = 1.0 }\n"),
              HasSubstr("did you mean \"tests_red\"?"));
  EXPECT_THAT(error_of("[score]\nthreshold = 1.5\n"), HasSubstr("1.01"));
  EXPECT_THAT(error_of("[score]\nthreshhold = 1\n"), HasSubstr("did you mean \"threshold\"?"));
  EXPECT_THAT(error_of("stay = 0\n"), HasSubstr("stay"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2]\nprobs = [0.3]\n"), HasSubstr("summing to 1"));
  EXPECT_THAT(error_of("[vote]\nsamples = 1\n"), HasSubstr("from 2 to 100"));
  EXPECT_THAT(error_of("[vote]\non = [\"edits\"]\n"), HasSubstr("did you mean \"edit\"?"));
  EXPECT_THAT(error_of("[always]\nfinal_reviews = true\n"), HasSubstr("did you mean \"final_review\"?"));
  EXPECT_THAT(error_of("[score]\nweights = { context_tokens = 0.5 }\n"), HasSubstr("is a magnitude"));
  EXPECT_THAT(error_of("[score]\nweights = { repeat = 1.5 }\n"), HasSubstr("must be in [0,1]"));
  EXPECT_THAT(error_of("[explore]\nprobs = [1.0]\n"), HasSubstr("needs the thresholds"));
  EXPECT_THAT(error_of("[budget]\nmax_strong_turns = 0\n"), HasSubstr("max_strong_turns"));
  EXPECT_THAT(error_of("undo = \"files_only\"\nredo = \"next_turn\"\n"), HasSubstr("rollback"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2]\n[always]\nprevious_attempt_failed = true\n"),
              HasSubstr("another one's threshold"));
  EXPECT_THAT(error_of("[score]\nthreshold = nan\n"), HasSubstr("threshold"));
  EXPECT_THAT(error_of("[score]\nweights = { repeat = nan }\n"), HasSubstr("must be in [0,1]"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2, 0.2]\n"), HasSubstr("twice"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2]\ndesign = \"trees\"\n"), HasSubstr("did you mean"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2]\nprobs = [1.0]\ndesign = \"tree\"\n"),
              HasSubstr("nothing is drawn"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2]\nfork = 0.1\ndesign = \"tree\"\n"),
              HasSubstr("both ways already"));
  EXPECT_THAT(error_of("[explore]\ngrid = [0.2]\nfork = 1.5\n"), HasSubstr("[0,1]"));
  EXPECT_THAT(error_of("redo = \"next_turn\"\n[always]\nfinal_review = true\n"),
              HasSubstr("final_review"));
  EXPECT_EQ(error_of("[score]\nthreshold = 1.01\n"), "no error");
}

std::string control_error(const std::string& text) {
  try {
    const ConfigFile file = ConfigFile::parse("e.toml", text);
    ConfigTable table(file);
    (void)read_control(table);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Policy, AControlIsExactlyOneThing) {
  EXPECT_EQ(control_error("random_share = 0.1\n"), "no error");
  EXPECT_EQ(control_error("threshold = 0\n"), "no error");
  EXPECT_EQ(control_error("attempts = 2\n"), "no error");
  EXPECT_EQ(control_error("pre_router = { difficulty = [\"hard\"] }\n"), "no error");
  EXPECT_THAT(control_error("random_share = 1.1\n"), HasSubstr("must be in [0,1]"));
  EXPECT_THAT(control_error("attempts = 1\n"), HasSubstr("from 2 to 100"));
  EXPECT_THAT(control_error("attempts = 2\nthreshold = 0\n"), HasSubstr("a control is one of"));
  EXPECT_THAT(control_error("pre_router = {}\n"), HasSubstr("pre_router"));
  EXPECT_THAT(control_error("random_chare = 0.1\n"), HasSubstr("did you mean \"random_share\"?"));
}

TEST(Policy, ScoreIsNoisyOr) {
  Policy policy;
  policy.weights = {{"repeat", 0.5}, {"nonzero_exit", 0.2}};
  EXPECT_DOUBLE_EQ(score_of(policy, {}), 0);
  EXPECT_DOUBLE_EQ(score_of(policy, {{"repeat", 1}}), 0.5);
  EXPECT_DOUBLE_EQ(score_of(policy, {{"repeat", 1}, {"nonzero_exit", 1}}), 0.6);
  EXPECT_DOUBLE_EQ(score_of(policy, {{"no_action", 1}}), 0);
}

TEST(Policy, ExplorationCoversTheGridAndItsProbabilities) {
  Policy policy;
  policy.grid = {0.2, 0.4, 0.6, 1.01};
  policy.probs = {0.25, 0.25, 0.25, 0.25};
  std::map<double, int> seen;
  for (int attempt = 1; attempt <= 4; ++attempt) ++seen[draw_threshold(policy, 1, "t", attempt).value];
  EXPECT_EQ(seen.size(), 4U);  // four attempts, four thresholds
  policy.probs = {0.7, 0.1, 0.1, 0.1};
  int low = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto drawn = draw_threshold(policy, 1, "t" + std::to_string(i), 1);
    if (drawn.value == 0.2) ++low;
    EXPECT_DOUBLE_EQ(drawn.probability, drawn.value == 0.2 ? 0.7 : 0.1);
  }
  EXPECT_NEAR(low / 2000.0, 0.7, 0.04);
}

}  // namespace
}  // namespace weir
