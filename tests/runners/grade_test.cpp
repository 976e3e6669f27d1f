#include <gtest/gtest.h>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

bool resolved(const TestStatuses& statuses, const std::vector<std::string>& fail_to_pass,
              const std::vector<std::string>& pass_to_pass) {
  const auto tests = judge(statuses, fail_to_pass, pass_to_pass, EvalType::pass_and_fail);
  return tests.fail_to_pass.success == fail_to_pass && tests.pass_to_pass.success == pass_to_pass;
}

TEST(JudgeTests, FollowsTheOfficialRule) {
  const TestStatuses statuses = {{"a", "PASSED"}, {"b", "XFAIL"}, {"c", "SKIPPED"},
                                 {"d", "FAILED"}, {"e", "ERROR:"}};
  EXPECT_TRUE(resolved(statuses, {"a", "b"}, {"a", "b", "c"}));
  EXPECT_FALSE(resolved(statuses, {"c"}, {}));  // skipped is not fixed
  EXPECT_FALSE(resolved(statuses, {}, {"d"}));
  EXPECT_FALSE(resolved(statuses, {}, {"e"}));
  EXPECT_FALSE(resolved(statuses, {"absent"}, {}));
  EXPECT_FALSE(resolved({}, {}, {"a"}));
}

TEST(JudgeTests, CutIdsMatchByPrefixIfAllAgree) {
  const TestStatuses agree = {{"t[x one]", "PASSED"}, {"t[x two]", "PASSED"}};
  const TestStatuses differ = {{"t[x one]", "PASSED"}, {"t[x two]", "FAILED"}};
  EXPECT_TRUE(resolved(agree, {"t[x"}, {}));
  EXPECT_FALSE(resolved(differ, {"t[x"}, {}));
  EXPECT_FALSE(resolved(agree, {"t"}, {}));  // no open bracket, no prefix
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
