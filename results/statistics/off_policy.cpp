#include "results/statistics/off_policy.hpp"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

PolicyValue mean_of(const std::vector<double>& values) {
  PolicyValue result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.value += value / n;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.value) * (value - result.value);
  result.se = std::sqrt(squares / (n - 1) / n);
  return result;
}

bool reproduces(const ThresholdRun& run, double threshold) {
  for (std::size_t t = 0; t < run.signals.size(); ++t) {
    if ((run.signals[t] >= threshold) != (run.escalated[t] != 0)) return false;
  }
  return true;
}

}  // namespace

Weighted importance_weighted(std::vector<double> weights, const std::vector<double>& rewards,
                             std::optional<double> clip) {
  Weighted result;
  double sum = 0;
  double squares = 0;
  double weighted = 0;
  std::vector<double> terms;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (clip) weights[i] = std::min(weights[i], *clip);
    sum += weights[i];
    squares += weights[i] * weights[i];
    weighted += weights[i] * rewards[i];
    terms.push_back(weights[i] * rewards[i]);
    result.max_weight = std::max(result.max_weight, weights[i]);
  }
  const PolicyValue ips = mean_of(terms);
  result.ips = ips.value;
  result.ips_se = ips.se;
  if (weights.empty() || sum <= 0) return result;
  result.mean_weight = sum / static_cast<double>(weights.size());
  result.snips = weighted / sum;
  result.ess = sum * sum / squares;
  double residuals = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double residual = weights[i] * (rewards[i] - result.snips);
    residuals += residual * residual;
  }
  result.snips_se = std::sqrt(residuals) / sum;
  return result;
}

PolicyValue doubly_robust(const std::vector<LoggedAction>& log) {
  std::vector<double> terms;
  for (const auto& one : log) {
    const double target = one.action == 1 ? one.target_p1 : 1 - one.target_p1;
    const double logging = one.action == 1 ? one.logging_p1 : 1 - one.logging_p1;
    const double predicted = one.action == 1 ? one.q1 : one.q0;
    const double expected = one.target_p1 * one.q1 + (1 - one.target_p1) * one.q0;
    terms.push_back(expected + target / logging * (one.reward - predicted));
  }
  return mean_of(terms);
}

TrajectoryEstimates trajectory_estimates(const std::vector<LoggedTrajectory>& log) {
  TrajectoryEstimates result;
  const auto n = static_cast<double>(log.size());
  std::size_t longest = 0;
  for (const auto& trajectory : log) {
    double product = 1;
    double reward = 0;
    for (const auto& step : trajectory) {
      product *= step.ratio;
      reward += step.reward;
      result.pdis += product * step.reward / n;
    }
    result.is += product * reward / n;
    longest = std::max(longest, trajectory.size());
  }
  std::vector<double> products(log.size(), 1);
  for (std::size_t t = 0; t < longest; ++t) {
    double weighted = 0;
    double sum = 0;
    for (std::size_t i = 0; i < log.size(); ++i) {
      if (t < log[i].size()) {
        products[i] *= log[i][t].ratio;
        weighted += products[i] * log[i][t].reward;
      }
      sum += products[i];
    }
    if (sum > 0) result.cwpdis += weighted / sum;
  }
  return result;
}

StepwiseDoublyRobust stepwise_doubly_robust(const std::vector<LoggedTrajectory>& log) {
  StepwiseDoublyRobust result;
  for (const auto& trajectory : log) {
    double value = 0;
    for (auto step = trajectory.rbegin(); step != trajectory.rend(); ++step) {
      value = step->v + step->ratio * (step->reward + value - step->q);
    }
    result.per_trajectory.push_back(value);
    result.value += value / static_cast<double>(log.size());
  }
  return result;
}

std::vector<double> consistent_weights(const std::vector<ThresholdRun>& runs,
                                       const std::vector<double>& grid,
                                       const std::vector<double>& probs, std::size_t index) {
  std::vector<double> weights;
  for (const auto& run : runs) {
    double mass = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) {
      if (reproduces(run, grid[k])) mass += probs[k];
    }
    weights.push_back(mass > 0 && reproduces(run, grid[index]) ? 1 / mass : 0);
  }
  return weights;
}

}  // namespace weir
