#include "harness/calibration/estimates.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

using Tasks = std::vector<std::vector<std::size_t>>;

/// Every run's weight under one threshold, over the runs of its task: tasks count alike.
using TaskWeights = std::vector<double>;

/// Means of one quantity under every threshold; what each task pulls them by.
struct Means {
  std::vector<ThresholdMean> values;
  std::vector<std::vector<double>> pulls;  ///< by threshold, by task
};

template <typename X>
ThresholdMean mean_of(const ExplorationLog& log, const Tasks& tasks, const TaskWeights& weights,
                      X& x, std::vector<double>& pulls) {
  double total = 0;
  double mass = 0;
  for (const auto& task : tasks) {
    for (const std::size_t i : task) {
      const std::optional<double> value = x(log.runs[i]);
      if (!value) continue;
      total += weights[i] * *value;
      mass += weights[i];
    }
  }
  const auto n = static_cast<double>(tasks.size());
  ThresholdMean mean;
  mean.plain = total / n;
  mean.value = mass > 0 ? total / mass : 0;
  double squares = 0;
  for (const auto& task : tasks) {
    double pull = 0;
    for (const std::size_t i : task) {
      const std::optional<double> value = x(log.runs[i]);
      if (value && mass > 0) pull += weights[i] * (*value - mean.value) / mass;
    }
    pulls.push_back(pull);
    squares += pull * pull;
  }
  mean.error = n > 1 ? std::sqrt(squares * n / (n - 1)) : 0;
  return mean;
}

template <typename X>
Means means_of(const ExplorationLog& log, const Tasks& tasks,
               const std::vector<TaskWeights>& weights, X&& x) {
  Means means;
  for (const auto& of_threshold : weights) {
    means.pulls.emplace_back();
    means.values.push_back(mean_of(log, tasks, of_threshold, x, means.pulls.back()));
  }
  return means;
}

/// How many standard errors hold for all means at once.
double critical_value(const Means& means, const BandOptions& options) {
  std::vector<double> largest;
  boost::random::mt19937 rng(static_cast<std::uint32_t>(options.seed));
  boost::random::normal_distribution<double> normal;
  std::vector<double> sums(means.values.size());
  for (int i = 0; i < options.resamples; ++i) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (std::size_t task = 0; task < means.pulls.front().size(); ++task) {
      const double pull = normal(rng);
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += pull * means.pulls[k][task];
    }
    double most = 0;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      const double error = means.values[k].error;
      if (error > 0) most = std::max(most, std::abs(sums[k]) / error);
    }
    largest.push_back(most);
  }
  const auto last = largest.size() - 1;
  const auto at = std::min(
      last, static_cast<std::size_t>(options.level * static_cast<double>(options.resamples)));
  std::nth_element(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(at),
                   largest.end());
  return largest[at];
}

/// Wilson's interval at the effective size that the error tells of, at most the effective
/// tasks: of use near 0 and 1 too, and never of zero width.
Interval rate_band(const ThresholdMean& mean, double ess, double critical) {
  if (ess <= 0) return {0, 1};
  const double spread = mean.value * (1 - mean.value);
  const double n =
      mean.error > 0 && spread > 0 ? std::min(spread / (mean.error * mean.error), ess) : ess;
  const double level = 2 * normal_cdf(std::max(critical, normal_quantile(0.975))) - 1;
  return wilson(mean.value * n, n, level);
}

void diagnose(const ExplorationLog& log, const Tasks& tasks, std::size_t k,
              const TaskWeights& weights, ThresholdEstimate& estimate) {
  const auto n = static_cast<double>(tasks.size());
  double sum = 0;
  double squares = 0;
  double supported = 0;
  double runs = 0;
  double weighted_squares = 0;  // of run weights, and of their task shares
  double weighted = 0;
  double shares = 0;
  for (const auto& task : tasks) {
    double of_task = 0;
    for (const std::size_t i : task) {
      const double w = weight(log, log.runs[i], k);
      of_task += weights[i];
      estimate.max_weight = std::max(estimate.max_weight, w);
      supported += w > 0 ? 1 : 0;
      runs += 1;
      weighted_squares += w * w;
      weighted += w;
      shares += 1 / static_cast<double>(task.size() * task.size());
    }
    sum += of_task;
    squares += of_task * of_task;
  }
  estimate.ess = squares > 0 ? sum * sum / squares : 0;
  estimate.support = supported / runs;
  estimate.mean_weight = sum / n;
  // As seen over tasks; but no less than independent draws of such weights would have.
  const double seen = (squares - sum * sum / n) / std::max(1.0, n - 1) / n;
  const double variance = (weighted > 0 ? weighted_squares / weighted : 1 / log.probs[k]) - 1;
  estimate.mean_weight_error = std::sqrt(std::max(seen, variance * shares / (n * n)));
}

std::optional<double> as_number(bool yes) {
  return yes ? 1 : 0;
}

std::optional<double> as_usd(const std::optional<Picodollars>& cost) {
  if (!cost) return {};
  return static_cast<double>(*cost) / 1e12;
}

/// Whether `known` holds for all runs with an outcome but those that are only bounded.
template <typename Known>
bool all_know(const ExplorationLog& log, Known&& known) {
  return std::all_of(log.runs.begin(), log.runs.end(), [&](const ExploredRun& run) {
    return !run.resolved || run.bounded || known(run);
  });
}

}  // namespace

std::vector<ThresholdEstimate> estimate_thresholds(const ExplorationLog& log,
                                                   const BandOptions& options) {
  const Tasks tasks = log.known_by_task();
  std::vector<TaskWeights> weights(log.grid.size(), TaskWeights(log.runs.size(), 0.0));
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    for (const auto& task : tasks) {
      for (const std::size_t i : task) {
        weights[k][i] = weight(log, log.runs[i], k) / static_cast<double>(task.size());
      }
    }
  }
  const auto of = [&](auto&& x) { return means_of(log, tasks, weights, x); };
  std::vector<ThresholdEstimate> estimates(log.grid.size());
  if (tasks.empty()) return estimates;

  const auto low =
      of([](const ExploredRun& run) { return as_number(*run.resolved && !run.in_doubt); });
  const auto high =
      of([](const ExploredRun& run) { return as_number(*run.resolved || run.in_doubt); });
  const auto resolved = of([](const ExploredRun& run) { return as_number(*run.resolved); });
  const double critical = critical_value(resolved, options);
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    ThresholdEstimate& estimate = estimates[k];
    diagnose(log, tasks, k, weights[k], estimate);
    estimate.threshold = log.grid[k];
    estimate.resolved = resolved.values[k];
    estimate.resolved.band = rate_band(estimate.resolved, estimate.ess, critical);
    estimate.resolved_low = low.values[k].value;
    estimate.resolved_high = high.values[k].value;
  }
  if (all_know(log, [](const ExploredRun& run) { return run.turns.has_value(); })) {
    const auto turns =
        of([](const ExploredRun& run) -> std::optional<double> { return run.turns; });
    for (std::size_t k = 0; k < estimates.size(); ++k) estimates[k].turns = turns.values[k].value;
  }
  if (all_know(log, [](const ExploredRun& run) { return run.strong_turns.has_value(); })) {
    const auto strong =
        of([](const ExploredRun& run) -> std::optional<double> { return run.strong_turns; });
    for (std::size_t k = 0; k < estimates.size(); ++k) {
      estimates[k].strong_turns = strong.values[k].value;
    }
  }
  if (!all_know(log, [](const ExploredRun& run) { return run.cost.has_value(); })) return estimates;
  const auto usd = of([](const ExploredRun& run) { return as_usd(run.cost); });
  const double critical_usd = critical_value(usd, options);
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    ThresholdMean mean = usd.values[k];
    mean.band = {std::max(0.0, mean.value - critical_usd * mean.error),
                 mean.value + critical_usd * mean.error};
    estimates[k].usd = mean;
  }
  const bool split =
      all_know(log, [](const ExploredRun& run) { return run.strong_cost.has_value(); });
  if (!split) return estimates;
  const auto parts = of([](const ExploredRun& run) { return as_usd(run.strong_cost); });
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    estimates[k].strong_usd = parts.values[k].value;
  }
  return estimates;
}

}  // namespace weir
