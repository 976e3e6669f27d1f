#include "harness/calibration/estimates.hpp"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

constexpr double kLevel = 0.95;

/// One quantity of every run under every threshold: sums by task, and what follows.
class WeightedMeans {
 public:
  WeightedMeans(const ExplorationLog& log, const std::vector<std::vector<std::size_t>>& tasks,
                const std::vector<std::vector<double>>& weights)
      : log_(log), tasks_(tasks), weights_(weights) {}

  /// `x` by run. Adds one row of influences a threshold: a task's pull on the mean.
  template <typename X>
  std::vector<ThresholdMean> of(X&& x) {
    std::vector<ThresholdMean> means;
    influences_.clear();
    for (std::size_t k = 0; k < log_.grid.size(); ++k) means.push_back(mean_of(k, x));
    return means;
  }

  /// Widens the last means' errors to bands that hold for all of them at once.
  void put_bands(std::vector<ThresholdMean>& means, int resamples, std::uint64_t seed) const {
    std::vector<double> largest;
    boost::random::mt19937 rng(static_cast<std::uint32_t>(seed));
    boost::random::normal_distribution<double> normal;
    std::vector<double> sums(means.size());
    for (int i = 0; i < resamples; ++i) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::size_t task = 0; task < tasks_.size(); ++task) {
        const double pull = normal(rng);
        for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += pull * influences_[k][task];
      }
      double most = 0;
      for (std::size_t k = 0; k < sums.size(); ++k) {
        if (means[k].error > 0) most = std::max(most, std::abs(sums[k]) / means[k].error);
      }
      largest.push_back(most);
    }
    const auto at = static_cast<std::size_t>(kLevel * static_cast<double>(resamples));
    std::nth_element(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(at),
                     largest.end());
    for (auto& mean : means) {
      mean.band = {mean.value - largest[at] * mean.error, mean.value + largest[at] * mean.error};
    }
  }

 private:
  template <typename X>
  ThresholdMean mean_of(std::size_t k, X& x) {
    double total = 0;
    double mass = 0;
    std::size_t runs = 0;
    for (const auto& task : tasks_) {
      for (const std::size_t i : task) {
        total += weights_[k][i] * x(log_.runs[i]);
        mass += weights_[k][i];
        ++runs;
      }
    }
    ThresholdMean mean;
    std::vector<double> pulls;
    if (mass > 0) {
      mean.plain = total / static_cast<double>(runs);
      mean.value = total / mass;
    }
    double squares = 0;
    for (const auto& task : tasks_) {
      double pull = 0;
      for (const std::size_t i : task) pull += weights_[k][i] * (x(log_.runs[i]) - mean.value);
      pulls.push_back(mass > 0 ? pull / mass : 0);
      squares += pulls.back() * pulls.back();
    }
    const auto n = static_cast<double>(tasks_.size());
    mean.error = n > 1 ? std::sqrt(squares * n / (n - 1)) : 0;
    influences_.push_back(std::move(pulls));
    return mean;
  }

  const ExplorationLog& log_;
  const std::vector<std::vector<std::size_t>>& tasks_;
  const std::vector<std::vector<double>>& weights_;
  std::vector<std::vector<double>> influences_;
};

void diagnose(const std::vector<std::vector<std::size_t>>& tasks,
              const std::vector<double>& weights, ThresholdEstimate& estimate) {
  double sum = 0;
  double squares = 0;
  double supported = 0;
  double runs = 0;
  for (const auto& task : tasks) {
    double of_task = 0;
    for (const std::size_t i : task) {
      of_task += weights[i];
      estimate.max_weight = std::max(estimate.max_weight, weights[i]);
      supported += weights[i] > 0 ? 1 : 0;
      runs += 1;
    }
    sum += of_task;
    squares += of_task * of_task;
  }
  const auto n = static_cast<double>(tasks.size());
  if (runs == 0 || n < 2) return;
  estimate.ess = squares > 0 ? sum * sum / squares : 0;
  estimate.support = supported / runs;
  estimate.mean_weight = sum / runs;
  double spread = 0;
  for (const auto& task : tasks) {
    double deviation = 0;
    for (const std::size_t i : task) deviation += weights[i] - estimate.mean_weight;
    spread += deviation * deviation;
  }
  estimate.mean_weight_error = std::sqrt(spread * n / (n - 1)) / runs;
}

double as_number(bool yes) {
  return yes ? 1 : 0;
}

Interval within_unit(const Interval& band) {
  return {std::clamp(band.low, 0.0, 1.0), std::clamp(band.high, 0.0, 1.0)};
}

}  // namespace

std::vector<ThresholdEstimate> estimate_thresholds(const ExplorationLog& log, int resamples,
                                                   std::uint64_t seed) {
  auto tasks = log.runs_by_task();
  for (auto& runs : tasks) {
    std::erase_if(runs, [&](std::size_t i) { return !log.runs[i].resolved; });
  }
  std::erase_if(tasks, [](const auto& runs) { return runs.empty(); });
  std::vector<std::vector<double>> weights(log.grid.size());
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    for (const auto& run : log.runs) weights[k].push_back(weight(log, run, k));
  }
  WeightedMeans means(log, tasks, weights);
  std::vector<ThresholdEstimate> estimates(log.grid.size());

  const auto low = means.of([](const ExploredRun& run) { return as_number(*run.resolved && !run.in_doubt); });
  const auto high = means.of([](const ExploredRun& run) { return as_number(*run.resolved || run.in_doubt); });
  const auto turns = means.of([](const ExploredRun& run) { return run.turns; });
  const auto strong = means.of([](const ExploredRun& run) { return run.strong_turns; });
  auto resolved = means.of([](const ExploredRun& run) { return as_number(*run.resolved); });
  means.put_bands(resolved, resamples, seed);
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    ThresholdEstimate& estimate = estimates[k];
    estimate.threshold = log.grid[k];
    estimate.resolved = resolved[k];
    estimate.resolved.band = within_unit(estimate.resolved.band);
    estimate.resolved_low = low[k].value;
    estimate.resolved_high = high[k].value;
    estimate.turns = turns[k];
    estimate.strong_turns = strong[k];
    diagnose(tasks, weights[k], estimate);
  }
  const bool priced = std::all_of(log.runs.begin(), log.runs.end(), [](const ExploredRun& run) {
    return !run.resolved || run.cost;
  });
  if (!priced) return estimates;
  auto usd = means.of([](const ExploredRun& run) { return static_cast<double>(*run.cost) / 1e12; });
  means.put_bands(usd, resamples, seed);
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    estimates[k].usd = usd[k];
    estimates[k].usd->band.low = std::max(0.0, usd[k].band.low);
  }
  const bool split = std::all_of(log.runs.begin(), log.runs.end(), [](const ExploredRun& run) {
    return !run.resolved || run.strong_cost;
  });
  if (!split) return estimates;
  const auto parts =
      means.of([](const ExploredRun& run) { return static_cast<double>(*run.strong_cost) / 1e12; });
  for (std::size_t k = 0; k < estimates.size(); ++k) estimates[k].strong_usd = parts[k].value;
  return estimates;
}

}  // namespace weir
