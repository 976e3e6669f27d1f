// What the vectors cannot say of the statistics: that intervals cover, that none is
// of zero width, and that random numbers are the same on every machine.

#include <gtest/gtest.h>

#include <boost/random/bernoulli_distribution.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <cmath>

#include "results/statistics/bootstrap.hpp"
#include "results/statistics/decline.hpp"
#include "results/statistics/paired.hpp"

namespace weir {
namespace {

std::optional<double> mean_of(ClusterBootstrap::Sums sums) {
  return sums[1] / sums[0];
}

TEST(Intervals, ExactOnesCoverAndHaveAWidthHoweverFewPairsDiffer) {
  for (const int n : {1, 5, 40, 500}) {
    for (const auto& each : {paired_exact(0, 0, n), tango(0, 0, n),
                             paired_betting(std::vector<double>(static_cast<std::size_t>(n)), 1)}) {
      EXPECT_LT(each.low, 0) << n;
      EXPECT_GT(each.high, 0) << n;
    }
  }
  boost::random::mt19937_64 random(7);
  int missed = 0;
  for (int i = 0; i < 2000; ++i) {  // true difference -0.01
    int base_only = 0;
    int new_only = 0;
    for (int task = 0; task < 60; ++task) {
      const double u = static_cast<double>(random() >> 11U) * 0x1p-53;
      base_only += u < 0.03 ? 1 : 0;
      new_only += u >= 0.03 && u < 0.05 ? 1 : 0;
    }
    const Interval interval = paired_exact(base_only, new_only, 60);
    missed += interval.low > -0.01 || interval.high < -0.01 ? 1 : 0;
  }
  EXPECT_LE(missed, 2000 * 0.05);
}

TEST(Intervals, BcaCoversTheMeanOfTasks) {
  boost::random::mt19937_64 random(11);
  int missed = 0;
  for (int i = 0; i < 400; ++i) {
    std::vector<std::vector<double>> rows;
    for (int task = 0; task < 80; ++task) {  // exponential: skewed as costs are
      const double u = (static_cast<double>(random() >> 11U) + 0.5) * 0x1p-53;
      rows.push_back({-std::log(u)});
    }
    const auto interval = ClusterBootstrap(rows, 1000, static_cast<std::uint64_t>(i)).bca(mean_of);
    ASSERT_TRUE(interval);
    missed += interval->low > 1 || interval->high < 1 ? 1 : 0;
  }
  EXPECT_GT(missed, 4);  // an interval that always covers is no 95 % one
  EXPECT_LT(missed, 40);
}

TEST(Intervals, TheBootstrapIsTheSameEverywhereAndRefusesWhatItCannotDo) {
  const std::vector<std::vector<double>> rows = {{1}, {0}, {0.5}, {1},   {0.25}, {0.75},
                                                 {0}, {1}, {1},   {0.5}, {0},    {0.25}};
  const auto one = ClusterBootstrap(rows, 500, 3).bca(mean_of);
  const auto two = ClusterBootstrap(rows, 500, 3).bca(mean_of);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->low, two->low);
  EXPECT_NEAR(one->low, 0.28035388828577834, 1e-12);  // as computed once
  EXPECT_FALSE(ClusterBootstrap(std::vector<std::vector<double>>(12, {1.0}), 500, 3)
                   .bca(mean_of));  // no spread
  EXPECT_FALSE(ClusterBootstrap({{1}, {2}, {3}}, 500, 3).bca(mean_of));
  EXPECT_FALSE(ClusterBootstrap({}, 500, 3).bca(mean_of));
}

TEST(Decline, NoEvidenceBeforeTheFirstNightAndMuchAfterAFall) {
  DeclineWatch watch;
  EXPECT_EQ(watch.log_evidence(), 0);
  const NightLook quiet{500, 0.0, 50, 1.0 / 500, 1.0 / 500};
  for (int night = 0; night < 20; ++night) watch.add(quiet);
  EXPECT_LT(watch.log_evidence(), 0);
  const NightLook fallen{500, -0.1, 50, 1.0 / 500, 1.0 / 500};
  for (int night = 0; night < 3; ++night) watch.add(fallen);
  EXPECT_GT(watch.log_evidence(), enough_evidence(6, 0.05));
  EXPECT_NEAR(watch.recent(3), -0.1, 1e-12);
}

TEST(Decline, AnImprovementIsNoEvidence) {
  DeclineWatch watch;
  for (int night = 0; night < 50; ++night) {
    watch.add({500, 0.05, 50, 1.0 / 500, 1.0 / 500});
    EXPECT_LT(watch.log_evidence(), 0.5);
  }
}

}  // namespace
}  // namespace weir
