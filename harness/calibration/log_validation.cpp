#include "harness/calibration/log_validation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "harness/calibration/shuffle.hpp"

namespace weir {
namespace {

constexpr std::size_t kFolds = 5;

/// Weighted sums of some tasks under one threshold.
struct Sums {
  double weight = 0;
  double resolved = 0;
  double usd = 0;

  void add(const ExplorationLog& log, const std::vector<std::size_t>& runs, std::size_t k) {
    for (const std::size_t i : runs) {
      const ExploredRun& run = log.runs[i];
      if (!run.cost) continue;
      const double w = weir::weight(log, run, k) / static_cast<double>(runs.size());
      weight += w;
      resolved += *run.resolved ? w : 0;
      usd += w * static_cast<double>(*run.cost) / 1e12;
    }
  }
};

/// Index of the cheapest threshold that reaches the target by these sums.
std::optional<std::size_t> cheapest_by_estimate(const std::vector<Sums>& sums, double target) {
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < sums.size(); ++k) {
    if (sums[k].weight <= 0 || sums[k].resolved < target * sums[k].weight) continue;
    const auto usd = [&](std::size_t at) { return sums[at].usd / sums[at].weight; };
    if (!best || usd(k) < usd(*best)) best = k;
  }
  return best;
}

std::vector<std::size_t> shuffled_folds(std::size_t tasks, std::uint64_t seed) {
  std::vector<std::size_t> folds(tasks);
  for (std::size_t i = 0; i < tasks; ++i) folds[i] = i % kFolds;
  boost::random::mt19937_64 rng(seed);
  shuffle(folds, rng);
  return folds;
}

}  // namespace

std::optional<LogValidation> cross_validate(const ExplorationLog& log, double target,
                                            std::uint64_t seed) {
  const auto tasks = log.known_by_task();
  if (tasks.size() < kFolds) return {};
  const auto folds = shuffled_folds(tasks.size(), seed);
  LogValidation found;
  found.folds = kFolds;
  std::vector<std::size_t> choice;
  Sums judged;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<Sums> others(log.grid.size());
    for (std::size_t task = 0; task < tasks.size(); ++task) {
      if (folds[task] == fold) continue;
      for (std::size_t k = 0; k < others.size(); ++k) others[k].add(log, tasks[task], k);
    }
    const auto chosen = cheapest_by_estimate(others, target);
    if (!chosen) ++found.out_of_reach;
    choice.push_back(chosen.value_or(0));
    for (std::size_t task = 0; task < tasks.size(); ++task) {
      if (folds[task] == fold) judged.add(log, tasks[task], choice.back());
    }
  }
  if (judged.weight <= 0) return {};
  found.resolved = judged.resolved / judged.weight;
  found.usd = judged.usd / judged.weight;
  double squares = 0;
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    Sums of_task;
    of_task.add(log, tasks[task], choice[folds[task]]);
    const double pull = (of_task.resolved - found.resolved * of_task.weight) / judged.weight;
    squares += pull * pull;
  }
  const auto n = static_cast<double>(tasks.size());
  found.error = std::sqrt(squares * n / (n - 1));
  return found;
}

}  // namespace weir
