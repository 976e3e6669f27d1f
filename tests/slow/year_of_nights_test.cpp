// A simulated year of nights against a pinned anchor: how often it is red for nothing,
// and how soon it shows a decline.

#include <gtest/gtest.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>

#include "results/statistics/decline.hpp"

namespace weir {
namespace {

constexpr double kAlpha = 0.05;

/// A suite whose tasks have resolve rates of their own, mostly near 0 and 1 as real
/// suites do: re-running an arm changes a tenth of the verdicts.
class World {
 public:
  World(std::uint64_t seed, int tasks) : random_(seed) {
    for (int i = 0; i < tasks; ++i) {
      const double u = unit_(random_);
      const double v = unit_(random_);
      rates_.push_back(u < 0.3 ? 0.02 * v : u < 0.8 ? 1 - 0.02 * v : v);
      mean_ += rates_.back() / tasks;
    }
  }

  void pin(int attempts) {
    attempts_ = attempts;
    for (const double rate : rates_) anchor_.push_back(draw(rate, attempts));
  }

  /// A night on which the arm's rate is lower by `decline`, and everything by a mood.
  NightLook night(double decline, double mood) {
    NightLook look;
    look.tasks = static_cast<int>(rates_.size());
    double squares = 0;
    const double shift = mood > 0 ? mood * normal_(random_) : 0;
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      const double own =
          rates_[i] * (1 - decline / mean_) + shift * 4 * rates_[i] * (1 - rates_[i]);
      const double difference = draw(own, 1) - anchor_[i];
      look.diff += difference / look.tasks;
      squares += difference * difference;
    }
    look.squares = squares - look.tasks * look.diff * look.diff;
    look.night_unit = 1.0 / look.tasks;
    look.anchor_unit = 1.0 / look.tasks / attempts_;
    return look;
  }

 private:
  double draw(double rate, int attempts) {
    int resolved = 0;
    for (int i = 0; i < attempts; ++i) resolved += unit_(random_) < rate ? 1 : 0;
    return static_cast<double>(resolved) / attempts;
  }

  boost::random::mt19937_64 random_;
  boost::random::uniform_01<double> unit_;
  boost::random::normal_distribution<double> normal_;
  std::vector<double> rates_;
  std::vector<double> anchor_;
  double mean_ = 0;
  int attempts_ = 1;
};

/// The night on which the baseline turns red; 0 if it does not within `nights`. The arm
/// loses `slope` a night from night `from` on.
int red_night(std::uint64_t seed, int tasks, int nights, int from, double slope, double mood = 0) {
  World world(seed, tasks);
  world.pin(1);
  DeclineWatch watch;
  for (int night = 1; night <= nights; ++night) {
    watch.add(world.night(night > from ? slope * (night - from) : 0, mood));
    if (watch.log_evidence() >= enough_evidence(1, kAlpha) && watch.recent() < 0) return night;
  }
  return 0;
}

int red_years(int years, int tasks, double mood) {
  int red = 0;
  for (int year = 0; year < years; ++year) {
    red += red_night(static_cast<std::uint64_t>(1000 + year), tasks, 365, 1 << 20, 0, mood) > 0 ? 1
                                                                                                : 0;
  }
  std::printf("%d of %d quiet years were red (%d tasks, moods of %.0f points)\n", red, years, tasks,
              mood * 100);
  return red;
}

/// The most of `n` that a chance of 5 % brings with probability 0.995.
constexpr int kMostOf400 = 32;

TEST(YearOfNights, FewYearsAreRedForNothing) {
  EXPECT_LE(red_years(400, 500, 0), kMostOf400);
  EXPECT_LE(red_years(400, 60, 0), kMostOf400);
}

TEST(YearOfNights, NightsOfTwoMoodsAreNotADecline) {
  EXPECT_LE(red_years(400, 500, 0.01), kMostOf400);
}

TEST(YearOfNights, ADeclineIsCaughtBeforeThreePoints) {
  constexpr int kYears = 300;
  constexpr double kSlope = 0.002;  // 0.2 points a night: 3 points on the fifteenth
  int caught = 0;
  int early = 0;
  for (int year = 0; year < kYears; ++year) {
    const int from = 20 + year;  // it begins on any night
    const int night =
        red_night(static_cast<std::uint64_t>(5000 + year), 500, from + 15, from, kSlope);
    if (night > 0 && night <= from) {
      ++early;
    } else if (night > 0) {
      ++caught;
    }
  }
  EXPECT_LE(early, 15);
  EXPECT_GE(caught, kYears * 9 / 10);
  RecordProperty("caught_of_300", caught);
  std::printf("caught before 3 points: %d of %d; red before the decline: %d\n", caught, kYears,
              early);
}

TEST(YearOfNights, AFallIsShownInANightOrTwo) {
  constexpr int kYears = 100;
  int soon = 0;
  for (int year = 0; year < kYears; ++year) {  // five points at once, on the second night
    World world(static_cast<std::uint64_t>(9000 + year), 1500);
    world.pin(1);
    DeclineWatch watch;
    for (int night = 1; night <= 3; ++night) {
      watch.add(world.night(night > 1 ? 0.05 : 0, 0));
      if (night == 1 || watch.log_evidence() < enough_evidence(1, kAlpha)) continue;
      ++soon;
      break;
    }
  }
  EXPECT_GE(soon, 95);
}

}  // namespace
}  // namespace weir
