#include "results/statistics/clusters.hpp"

#include <algorithm>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

/// Sizes and sums that both errors and ICC need.
struct Totals {
  double values = 0;
  double groups = 0;
  double mean = 0;
  double squared_sizes = 0;
};

Totals totals_of(const std::vector<std::vector<double>>& clusters) {
  Totals t;
  double sum = 0;
  for (const auto& cluster : clusters) {
    if (cluster.empty()) continue;
    const auto size = static_cast<double>(cluster.size());
    ++t.groups;
    t.values += size;
    t.squared_sizes += size * size;
    for (const double value : cluster) sum += value;
  }
  t.mean = t.values > 0 ? sum / t.values : 0;
  return t;
}

}  // namespace

ClusteredRate clustered_rate(const std::vector<TaskOutcomes>& tasks, double level) {
  ClusteredRate result;
  double resolved = 0;
  for (const auto& task : tasks) {
    if (task.trials == 0) continue;
    ++result.tasks;
    result.trials += task.trials;
    resolved += task.resolved;
  }
  if (result.trials == 0) return result;
  const double n = result.trials;
  const double groups = result.tasks;
  result.rate = resolved / n;

  double squares = 0;
  for (const auto& task : tasks) {
    const double residual = task.resolved - result.rate * task.trials;
    squares += residual * residual;
  }
  if (squares < 1e-18 * n * n) squares = 0;  // rounding is not variance
  if (result.tasks > 1) result.error = std::sqrt(groups / (groups - 1) * squares) / n;

  double effective = groups;
  if (result.error > 0) {
    const double z = normal_quantile(0.5 + level / 2);
    const double t = t_quantile(0.5 + level / 2, groups - 1);
    effective = std::min(n, result.rate * (1 - result.rate) / (result.error * result.error));
    effective *= (z / t) * (z / t);
  }
  result.interval = wilson(result.rate * effective, effective, level);
  return result;
}

ClusteredMean clustered_mean(const std::vector<std::vector<double>>& clusters) {
  const Totals t = totals_of(clusters);
  ClusteredMean result;
  result.mean = t.mean;
  if (t.values < 2) return result;
  double squares = 0;
  double by_cluster = 0;
  for (const auto& cluster : clusters) {
    double residual = 0;
    for (const double value : cluster) {
      squares += (value - t.mean) * (value - t.mean);
      residual += value - t.mean;
    }
    by_cluster += residual * residual;
  }
  result.se_iid = std::sqrt(squares / (t.values - 1) / t.values);
  result.se_cr0 = std::sqrt(by_cluster) / t.values;
  if (t.groups > 1) result.se_cr1 = result.se_cr0 * std::sqrt(t.groups / (t.groups - 1));
  if (result.se_iid > 0) {
    result.deff_cr0 = result.se_cr0 * result.se_cr0 / (result.se_iid * result.se_iid);
  }
  return result;
}

IntraclassCorrelation icc_anova(const std::vector<std::vector<double>>& clusters) {
  const Totals t = totals_of(clusters);
  IntraclassCorrelation result;
  result.n_eff = t.values;
  if (t.groups < 2 || t.values <= t.groups) return result;
  double between = 0;
  double within = 0;
  for (const auto& cluster : clusters) {
    if (cluster.empty()) continue;
    double sum = 0;
    for (const double value : cluster) sum += value;
    const auto size = static_cast<double>(cluster.size());
    const double mean = sum / size;
    between += size * (mean - t.mean) * (mean - t.mean);
    for (const double value : cluster) within += (value - mean) * (value - mean);
  }
  const double msb = between / (t.groups - 1);
  const double msw = within / (t.values - t.groups);
  const double n0 = (t.values - t.squared_sizes / t.values) / (t.groups - 1);
  const double whole = msb + (n0 - 1) * msw;
  if (whole <= 0) return result;
  result.defined = true;
  result.icc = (msb - msw) / whole;
  result.deff = 1 + (t.values / t.groups - 1) * result.icc;
  result.n_eff = result.deff > 0 ? t.values / result.deff : t.values;
  return result;
}

double pass_at_k(int n, int c, int k) {
  if (n - c < k) return 1;
  double none = 1;
  for (int i = n - c + 1; i <= n; ++i) none *= 1 - static_cast<double>(k) / i;
  return 1 - none;
}

double pass_hat_k(int n, int c, int k) {
  if (c < k) return 0;
  double all = 1;
  for (int i = 0; i < k; ++i) all *= static_cast<double>(c - i) / (n - i);
  return all;
}

}  // namespace weir
