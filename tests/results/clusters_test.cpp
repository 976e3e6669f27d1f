#include "results/statistics/clusters.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace weir {
namespace {

TEST(Wilson, MatchesPublishedValues) {
  // Newcombe (1998), Statistics in Medicine 17, table I, method 3.
  const Interval a = wilson(81, 263);
  EXPECT_NEAR(a.low, 0.2553, 5e-5);
  EXPECT_NEAR(a.high, 0.3662, 5e-5);
  const Interval b = wilson(0, 20);
  EXPECT_NEAR(b.low, 0.0, 1e-12);
  EXPECT_NEAR(b.high, 0.1611, 5e-5);
}

TEST(ClusteredRate, EqualsWilsonOnTasksWhenAttemptsAgree) {
  // Every task all or nothing: the attempts add no information.
  std::vector<TaskOutcomes> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back({i < 10 ? 5 : 0, 5});
  const ClusteredRate rate = clustered_rate(tasks);
  EXPECT_DOUBLE_EQ(rate.rate, 0.5);
  // CR1: sqrt(20/19 * 20 * 2.5^2) / 100
  EXPECT_NEAR(rate.error, std::sqrt(20.0 / 19 * 20 * 6.25) / 100, 1e-12);
  EXPECT_GT(rate.interval.high - rate.interval.low, 0.39);
}

TEST(ClusteredRate, IsNeverOfZeroWidth) {
  const ClusteredRate all = clustered_rate({{3, 3}, {3, 3}, {3, 3}});
  EXPECT_DOUBLE_EQ(all.rate, 1);
  EXPECT_LT(all.interval.low, 0.5);
  const ClusteredRate one = clustered_rate({{1, 1}});
  EXPECT_LT(one.interval.low, 0.25);
  const ClusteredRate none = clustered_rate({});
  EXPECT_EQ(none.trials, 0);
  EXPECT_DOUBLE_EQ(none.interval.low, 0);
  EXPECT_DOUBLE_EQ(none.interval.high, 1);
}

TEST(ClusteredRate, IsAtLeastAsWideAsTrialsWouldAllow) {
  // Attempts that differ within tasks and not between: clustering must not
  // claim more than the trials themselves could.
  std::vector<TaskOutcomes> tasks(30, TaskOutcomes{1, 2});
  tasks[0] = {2, 2};
  tasks[1] = {0, 2};
  const ClusteredRate rate = clustered_rate(tasks);
  const Interval naive = wilson(rate.rate * rate.trials, rate.trials);
  EXPECT_LE(rate.interval.low, naive.low + 1e-12);
}

}  // namespace
}  // namespace weir
