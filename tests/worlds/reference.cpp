#include "tests/worlds/reference.hpp"

#include <algorithm>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

/// Per task, the mean of w (R - target).
std::vector<double> task_means(const ExplorationLog& log, std::size_t k, double target) {
  std::vector<double> means;
  for (const auto& runs : log.runs_by_task()) {
    double sum = 0;
    for (const std::size_t i : runs) {
      sum += weight(log, log.runs[i], k) * ((*log.runs[i].resolved ? 1 : 0) - target);
    }
    means.push_back(sum / static_cast<double>(runs.size()));
  }
  return means;
}

bool bets_pay(const std::vector<double>& means, double least, double width, double delta) {
  const double null_mean = -least / width;
  const double enough = std::log(1 / delta);
  const auto n = static_cast<double>(means.size());
  double wealth = 0;
  double sum = 0.5;
  double squares = 0.25;
  double variance = 0.25;
  double t = 0;
  for (const double value : means) {
    const double x = (value - least) / width;
    const double bet = std::min(std::sqrt(2 * enough / (n * variance)), 0.5 / null_mean);
    wealth += std::log1p(bet * (x - null_mean));
    if (wealth >= enough) return true;
    ++t;
    sum += x;
    const double mean = sum / (t + 1);
    squares += (x - mean) * (x - mean);
    variance = squares / (t + 1);
  }
  return false;
}

bool far_above_zero(const std::vector<double>& means, double delta) {
  const auto n = static_cast<double>(means.size());
  double sum = 0;
  double squares = 0;
  for (const double value : means) sum += value;
  for (const double value : means) squares += (value - sum / n) * (value - sum / n);
  return sum / n / std::sqrt(squares / (n - 1) / n) > normal_quantile(1 - delta);
}

double cost_of(const ExplorationLog& log, std::size_t k) {
  double sum = 0;
  double mass = 0;
  for (const auto& run : log.runs) {
    sum += weight(log, run, k) * static_cast<double>(*run.cost);
    mass += weight(log, run, k);
  }
  return sum / mass;
}

}  // namespace

std::optional<std::size_t> reference_choice(const ExplorationLog& log, double target, double delta,
                                            Reference reference) {
  const double most = 1 / *std::min_element(log.probs.begin(), log.probs.end());
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    const auto means = task_means(log, k, target);
    const bool accepted = reference == Reference::betting
                              ? bets_pay(means, -target * most, most, delta)
                              : far_above_zero(means, delta);
    if (!accepted) break;
    if (!best || cost_of(log, k) < cost_of(log, *best)) best = k;
  }
  return best;
}

}  // namespace weir
