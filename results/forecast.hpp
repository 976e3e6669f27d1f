#pragma once

#include <optional>

#include "results/arm.hpp"
#include "results/statistics/proportion.hpp"

namespace weir {

/// What trials like those of the past will cost together.
struct CostForecast {
  double usd = 0;     ///< expected
  Interval interval;  ///< 95 % prediction: unsure mean and the draw itself
  int history_tasks = 0;
  int history_trials = 0;
};

/// `trials` more over as many tasks as come, from an arm's past trials: mean cost of a
/// trial, its error clustered by task, and the spread of single trials. nullopt without
/// two tasks of known cost.
[[nodiscard]] std::optional<CostForecast> forecast_cost(const Arm& history, int trials);

/// Whether a threshold can be certified at all. A certificate needs few enough failures:
/// P(Bin(n, 1 - target) <= failures) <= delta.
struct CertificateOdds {
  int most_failures = -1;           ///< that still certify; -1: none do
  double abstention = 1;            ///< chance to abstain if the true resolve rate is `rate`
  std::optional<int> tasks_needed;  ///< for a chance of 0.8 not to; nullopt: rate <= target
};
[[nodiscard]] CertificateOdds certificate_odds(int tasks, double rate, double target, double delta);

}  // namespace weir
