#include "harness/calibration/calibrate_pairs.hpp"

#include <fmt/format.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "harness/calibration/log_checks.hpp"
#include "results/statistics/distributions.hpp"
#include "results/statistics/power.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr int kPermutations = 400;
constexpr int kFolds = 5;
constexpr double kGridShare = 0.2;  ///< of the tasks, whose signals choose the grid
constexpr int kGridThresholds = 8;

template <typename T>
void shuffle(std::vector<T>& values, boost::random::mt19937_64& rng) {
  for (std::size_t i = values.size(); i > 1; --i) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, i - 1);
    std::swap(values[i - 1], values[pick(rng)]);
  }
}

double usd(Picodollars cost) {
  return static_cast<double>(cost) / 1e12;
}

PermutedControl permuted_control(const PairedTasks& pairs, double resolved, double cost_usd,
                                 std::uint64_t seed) {
  boost::random::mt19937_64 rng(seed);
  const CascadePoint nothing = base_only(pairs);
  std::vector<double> signals;
  for (const auto& task : pairs.tasks) signals.push_back(task.signals[0]);
  std::vector<double> costs;
  for (int i = 0; i < kPermutations; ++i) {
    shuffle(signals, rng);
    std::vector<SearchTask> tasks;
    for (std::size_t t = 0; t < signals.size(); ++t) {
      const PairedTask& task = pairs.tasks[t];
      tasks.push_back({signals[t], static_cast<int>(task.strong) - static_cast<int>(task.base),
                       task.strong_cost});
    }
    const auto best = cheapest_with(all_thresholds(std::move(tasks), nothing), resolved);
    if (best) costs.push_back(usd(best->cost));
  }
  PermutedControl control;
  control.permutations = kPermutations;
  control.reached = static_cast<int>(costs.size());
  if (costs.empty()) return control;
  std::sort(costs.begin(), costs.end());
  const auto at = [&](double q) {
    return costs[static_cast<std::size_t>(q * static_cast<double>(costs.size() - 1))];
  };
  control.cost_usd =
      std::accumulate(costs.begin(), costs.end(), 0.0) / static_cast<double>(costs.size());
  control.cost = {at(0.025), at(0.975)};
  control.gain_usd = control.cost_usd - cost_usd;
  control.gain = {control.cost.low - cost_usd, control.cost.high - cost_usd};
  const auto no_dearer = std::upper_bound(costs.begin(), costs.end(), cost_usd) - costs.begin();
  control.p = static_cast<double>(1 + no_dearer) / (1 + kPermutations);
  return control;
}

/// The fold of each task: whole groups, in a seeded order.
std::vector<int> folds_of(const PairedTasks& pairs, std::uint64_t seed) {
  std::map<std::string, int> fold_of_group;
  for (const auto& task : pairs.tasks) fold_of_group[task.group.empty() ? task.id : task.group] = 0;
  std::vector<std::string> groups;
  for (const auto& [group, unused] : fold_of_group) groups.push_back(group);
  boost::random::mt19937_64 rng(seed);
  shuffle(groups, rng);
  // The next group goes where the fewest tasks are.
  std::map<std::string, int> sizes;
  for (const auto& task : pairs.tasks) ++sizes[task.group.empty() ? task.id : task.group];
  std::stable_sort(groups.begin(), groups.end(), [&](const auto& a, const auto& b) {
    return sizes[a] > sizes[b];
  });
  std::vector<int> filled(kFolds, 0);
  for (const auto& group : groups) {
    const auto least = std::min_element(filled.begin(), filled.end()) - filled.begin();
    fold_of_group[group] = static_cast<int>(least);
    filled[static_cast<std::size_t>(least)] += sizes[group];
  }
  std::vector<int> folds;
  for (const auto& task : pairs.tasks) {
    folds.push_back(fold_of_group[task.group.empty() ? task.id : task.group]);
  }
  return folds;
}

CrossValidated cross_validate(const PairedTasks& pairs, double target, std::uint64_t seed) {
  const auto folds = folds_of(pairs, seed);
  CrossValidated result;
  result.folds = kFolds;
  Picodollars cost = 0;
  int resolved = 0;
  for (int fold = 0; fold < kFolds; ++fold) {
    PairedTasks others = pairs;
    others.tasks.clear();
    for (std::size_t i = 0; i < folds.size(); ++i) {
      if (folds[i] != fold) others.tasks.push_back(pairs.tasks[i]);
    }
    const auto points = all_thresholds(others);
    auto chosen = cheapest_with(points, target * static_cast<double>(others.tasks.size()));
    if (!chosen) chosen = points.back();  // out of reach: escalate all
    for (std::size_t i = 0; i < folds.size(); ++i) {
      if (folds[i] != fold) continue;
      const PairedTask& task = pairs.tasks[i];
      const bool up = task.signals[0] >= chosen->threshold;
      resolved += (up ? task.strong : task.base) ? 1 : 0;
      cost += task.base_cost + (up ? task.strong_cost : 0);
      result.escalated += up ? 1 : 0;
    }
  }
  const auto n = static_cast<double>(pairs.tasks.size());
  result.quality = resolved / n;
  result.error = std::sqrt(result.quality * (1 - result.quality) / n);
  result.cost_usd = usd(cost);
  return result;
}

/// From the lowest (escalates most) to "nothing".
std::vector<double> grid_of(std::vector<double> signals) {
  std::sort(signals.begin(), signals.end());
  std::vector<double> grid;
  for (int i = 0; i < kGridThresholds; ++i) {
    grid.push_back(signals[signals.size() * static_cast<std::size_t>(i) / kGridThresholds]);
  }
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  grid.push_back(kNothing);
  return grid;
}

struct GridRates {
  std::vector<double> cost;  ///< total, of the tested tasks
  std::vector<double> resolved;
};

PairedCertificate certify_pairs(const PairedTasks& pairs, double target,
                                const CalibrationRequest& request) {
  std::vector<PairedTask> tasks = pairs.tasks;
  boost::random::mt19937_64 rng(request.seed);
  shuffle(tasks, rng);
  const auto kept = static_cast<std::size_t>(kGridShare * static_cast<double>(tasks.size()));
  std::vector<double> signals;
  for (std::size_t i = 0; i < kept; ++i) signals.push_back(tasks[i].signals[0]);
  tasks.erase(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(kept));

  PairedCertificate certificate;
  certificate.grid = grid_of(std::move(signals));
  certificate.tasks = static_cast<int>(tasks.size());
  const auto shares = starting_shares(certificate.grid.size());
  std::vector<Picodollars> costs;
  for (std::size_t k = 0; k < certificate.grid.size(); ++k) {
    int fails = 0;
    Picodollars cost = 0;
    for (const auto& task : tasks) {
      const bool up = task.signals[0] >= certificate.grid[k];
      fails += (up ? task.strong : task.base) ? 0 : 1;
      cost += task.base_cost + (up ? task.strong_cost : 0);
    }
    costs.push_back(cost);
    certificate.p.push_back(binomial_cdf(fails, certificate.tasks, 1 - target));
    const double rate = 1 - static_cast<double>(fails) / certificate.tasks;
    if (rate <= target) continue;
    const double z = -normal_quantile(request.delta * std::max(shares[k], shares[0])) +
                     normal_quantile(0.8);
    const double needed = z * z * rate * (1 - rate) / std::pow(rate - target, 2) / (1 - kGridShare);
    const int tasks_needed = static_cast<int>(std::min(1e9, std::ceil(needed)));
    certificate.tasks_needed =
        std::min(certificate.tasks_needed.value_or(tasks_needed), tasks_needed);
  }
  certificate.certified = pass_chain(certificate.p, shares, request.delta);
  for (std::size_t k = 0; k < certificate.grid.size(); ++k) {
    if (!certificate.certified[k]) continue;
    if (!certificate.chosen || costs[k] <= costs[*certificate.chosen]) certificate.chosen = k;
  }
  return certificate;
}

double target_rate(const PairedTasks& pairs, const Target& target) {
  if (!target.of_gap) return target.value;
  const double base = base_only(pairs).resolved;
  const double strong = strong_only(pairs).resolved;
  return (base + target.value * (strong - base)) / static_cast<double>(pairs.tasks.size());
}

double detectable(const PairedTasks& pairs) {
  double differ = 0;
  for (const auto& task : pairs.tasks) differ += task.base != task.strong ? 1 : 0;
  const auto n = static_cast<double>(pairs.tasks.size());
  return minimum_detectable(std::sqrt(differ / n), static_cast<int>(n), 0.05, 0.8);
}

}  // namespace

PairedCalibration calibrate_pairs(PairedTasks pairs, TwoSignals rule,
                                  const CalibrationRequest& request) {
  PairedCalibration found;
  found.pairs = std::move(pairs);
  const PairedTasks& tasks = found.pairs;
  const bool two = tasks.signals.size() == 2;
  found.points = two ? all_threshold_pairs(tasks, rule) : all_thresholds(tasks);
  found.frontier = frontier_of(found.points);
  found.hull = hull_of(found.frontier);
  found.minimum_detectable = detectable(tasks);
  const auto n = static_cast<double>(tasks.tasks.size());
  if (request.objective == Objective::max_quality) {
    found.in_sample = best_within(
        found.points, std::llround(request.budget_usd.value_or(0) * 1e12));
    return found;
  }
  if (!request.target) return found;
  found.target = target_rate(tasks, *request.target);
  found.in_sample = cheapest_with(found.points, *found.target * n);
  if (two) return found;
  if (n < kLeastTasks) {
    throw UserError(fmt::format("{:.0f} tasks are too few to calibrate on: at least {} are needed. "
                                "Without --target the frontier is shown",
                                n, kLeastTasks));
  }
  if (found.in_sample && tasks.priced) {
    found.null_control = permuted_control(tasks, *found.target * n, usd(found.in_sample->cost),
                                          request.seed);
  }
  found.cross_validated = cross_validate(tasks, *found.target, request.seed);
  found.certificate = certify_pairs(tasks, *found.target, request);
  return found;
}

}  // namespace weir
