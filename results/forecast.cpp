#include "results/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "results/statistics/clusters.hpp"
#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

/// The most failures of n that certify; -1 if not even none do.
int most_failures(int n, double target, double delta) {
  int low = -1;
  int high = n;
  while (high - low > 1) {  // the p-value grows with the failures
    const int middle = low + (high - low) / 2;
    (binomial_cdf(middle, n, 1 - target) <= delta ? low : high) = middle;
  }
  return low;
}

double abstention(int n, double rate, double target, double delta) {
  const int most = most_failures(n, target, delta);
  return most < 0 ? 1 : 1 - binomial_cdf(most, n, 1 - rate);
}

}  // namespace

std::optional<CostForecast> forecast_cost(const Arm& history, int trials) {
  std::map<std::string, std::vector<double>> tasks;
  for (const auto& trial : history.trials) {
    if (is_missing(trial.outcome) || !trial.cost_pusd) continue;
    tasks[trial.task].push_back(static_cast<double>(*trial.cost_pusd) / 1e12);
  }
  if (tasks.size() < 2) return {};
  CostForecast forecast;
  std::vector<std::vector<double>> clusters;
  for (const auto& [unused, values] : tasks) {
    clusters.push_back(values);
    forecast.history_trials += static_cast<int>(values.size());
  }
  forecast.history_tasks = static_cast<int>(tasks.size());
  const ClusteredMean mean = clustered_mean(clusters);
  const double n = trials;
  const double variance = mean.se_iid * mean.se_iid * forecast.history_trials;
  const double error = std::sqrt(n * n * mean.se_cr1 * mean.se_cr1 + n * variance);
  const double half = t_quantile(0.975, forecast.history_tasks - 1) * error;
  forecast.usd = mean.mean * n;
  forecast.interval = {std::max(0.0, forecast.usd - half), forecast.usd + half};
  return forecast;
}

CertificateOdds certificate_odds(int tasks, double rate, double target, double delta) {
  CertificateOdds odds;
  odds.most_failures = most_failures(tasks, target, delta);
  odds.abstention = abstention(tasks, rate, target, delta);
  if (rate <= target) return odds;
  constexpr int kMost = 1'000'000;
  int high = 1;
  while (high < kMost && abstention(high, rate, target, delta) > 0.2) high *= 2;
  if (high >= kMost) return odds;
  int low = high / 2;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (abstention(middle, rate, target, delta) > 0.2 ? low : high) = middle;
  }
  odds.tasks_needed = high;
  return odds;
}

}  // namespace weir
