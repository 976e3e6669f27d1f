#include <gtest/gtest.h>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

PatchGrading lists(std::vector<std::string> f2p, std::vector<std::string> p2p) {
  PatchGrading grading;
  grading.fail_to_pass = std::move(f2p);
  grading.pass_to_pass = std::move(p2p);
  return grading;
}

TEST(JudgeTests, FollowsTheOfficialRule) {
  const TestStatuses statuses = {{"a", "PASSED"}, {"b", "XFAIL"}, {"c", "SKIPPED"},
                                 {"d", "FAILED"}, {"e", "ERROR:"}};
  EXPECT_TRUE(judge_tests(statuses, lists({"a", "b"}, {"a", "b", "c"})).resolved());
  EXPECT_FALSE(judge_tests(statuses, lists({"c"}, {})).resolved());  // skipped is not fixed
  EXPECT_FALSE(judge_tests(statuses, lists({}, {"d"})).resolved());
  EXPECT_FALSE(judge_tests(statuses, lists({}, {"e"})).resolved());
  EXPECT_FALSE(judge_tests(statuses, lists({"absent"}, {})).resolved());
  EXPECT_FALSE(judge_tests({}, lists({}, {"a"})).resolved());
}

TEST(JudgeTests, CutIdsMatchByPrefixIfAllAgree) {
  const TestStatuses agree = {{"t[x one]", "PASSED"}, {"t[x two]", "PASSED"}};
  const TestStatuses differ = {{"t[x one]", "PASSED"}, {"t[x two]", "FAILED"}};
  EXPECT_TRUE(judge_tests(agree, lists({"t[x"}, {})).resolved());
  EXPECT_FALSE(judge_tests(differ, lists({"t[x"}, {})).resolved());
  EXPECT_FALSE(judge_tests(agree, lists({"t"}, {})).resolved());  // no open bracket, no prefix
}

TEST(Rewards, AreReadStrictly) {
  EXPECT_DOUBLE_EQ(parse_reward_text(" 0.5\n").at(0).value, 0.5);
  for (const char* bad : {"", "one", "1 2", "nan", "inf"}) {
    EXPECT_THROW((void)parse_reward_text(bad), UserError) << bad;
  }
  const auto rewards = parse_reward_json(R"({"correctness": 1, "performance": 0.25})");
  ASSERT_EQ(rewards.size(), 2U);
  EXPECT_EQ(rewards[1].key, "performance");
  for (const char* bad : {"", "{}", "[1]", R"({"a": "1"})", "{"}) {
    EXPECT_THROW((void)parse_reward_json(bad), UserError) << bad;
  }
}

}  // namespace
}  // namespace weir
