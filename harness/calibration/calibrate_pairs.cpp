#include "harness/calibration/calibrate_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "harness/calibration/log_checks.hpp"
#include "harness/calibration/shuffle.hpp"
#include "results/statistics/distributions.hpp"
#include "results/statistics/power.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr int kPermutations = 400;
constexpr std::size_t kMostFolds = 5;
constexpr double kGridShare = 0.2;  ///< of the tasks, whose signals choose the grid
constexpr int kGridThresholds = 8;

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
  if (!costs.empty()) {
    control.cost_usd =
        std::accumulate(costs.begin(), costs.end(), 0.0) / static_cast<double>(costs.size());
    control.gain_usd = *control.cost_usd - cost_usd;
  }
  costs.resize(kPermutations, std::numeric_limits<double>::infinity());
  std::sort(costs.begin(), costs.end());
  control.cost = {costs[static_cast<std::size_t>(0.025 * kPermutations)],
                  costs[static_cast<std::size_t>(0.975 * kPermutations)]};
  control.gain = {control.cost.low - cost_usd, control.cost.high - cost_usd};
  const auto no_dearer = std::upper_bound(costs.begin(), costs.end(), cost_usd) - costs.begin();
  control.p = static_cast<double>(1 + no_dearer) / (1 + kPermutations);
  return control;
}

const std::string& group_of(const PairedTask& task) {
  return task.group.empty() ? task.id : task.group;
}

/// The fold of each group: in a seeded order, the largest first, each to where the fewest
/// tasks are.
std::map<std::string, std::size_t> folds_of(const PairedTasks& pairs, std::uint64_t seed) {
  std::map<std::string, int> sizes;
  for (const auto& task : pairs.tasks) ++sizes[group_of(task)];
  std::vector<std::string> groups;
  for (const auto& [group, unused] : sizes) groups.push_back(group);
  boost::random::mt19937_64 rng(seed);
  shuffle(groups, rng);
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const auto& a, const auto& b) { return sizes[a] > sizes[b]; });
  std::vector<int> filled(std::min(kMostFolds, groups.size()), 0);
  std::map<std::string, std::size_t> folds;
  for (const auto& group : groups) {
    const auto least = std::min_element(filled.begin(), filled.end());
    folds[group] = static_cast<std::size_t>(least - filled.begin());
    *least += sizes[group];
  }
  return folds;
}

std::optional<CrossValidated> cross_validate(const PairedTasks& pairs, double target,
                                             std::uint64_t seed) {
  const auto folds = folds_of(pairs, seed);
  if (folds.size() < 2) return {};
  CrossValidated result;
  result.groups = static_cast<int>(folds.size());
  result.folds = static_cast<int>(std::min(kMostFolds, folds.size()));
  Picodollars cost = 0;
  std::map<std::string, std::pair<int, int>> by_group;  // resolved, tasks
  for (std::size_t fold = 0; fold < static_cast<std::size_t>(result.folds); ++fold) {
    PairedTasks others = pairs;
    std::erase_if(others.tasks,
                  [&](const PairedTask& task) { return folds.at(group_of(task)) == fold; });
    const auto points = all_thresholds(others);
    auto chosen = cheapest_with(points, target * static_cast<double>(others.tasks.size()));
    if (!chosen) {
      ++result.out_of_reach;
      chosen = points.back();
    }
    for (const auto& task : pairs.tasks) {
      if (folds.at(group_of(task)) != fold) continue;
      const bool up = task.signals[0] >= chosen->threshold;
      auto& [resolved, tasks] = by_group[group_of(task)];
      resolved += (up ? task.strong : task.base) ? 1 : 0;
      ++tasks;
      cost += task.base_cost + (up ? task.strong_cost : 0);
      result.escalated += up ? 1 : 0;
    }
  }
  const auto n = static_cast<double>(pairs.tasks.size());
  for (const auto& [group, sums] : by_group) result.quality += sums.first / n;
  double squares = 0;
  for (const auto& [group, sums] : by_group) {
    const double off = sums.first - result.quality * sums.second;
    squares += off * off;
  }
  const auto groups = static_cast<double>(result.groups);
  result.error = std::sqrt(squares * groups / (groups - 1)) / n;
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
    const double share = std::max(shares[k], shares[0]);
    const int tasks_needed =
        published_tasks(exact_tasks_needed(rate, target, request.delta * share) / (1 - kGridShare),
                        pairs.tasks.size());
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
  if (two) {
    PairSearch search = search_threshold_pairs(tasks, rule);
    found.candidates = search.candidates;
    found.frontier = std::move(search.frontier);
  } else {
    auto points = all_thresholds(tasks);
    found.candidates = points.size();
    found.frontier = frontier_of(std::move(points));
  }
  found.hull = hull_of(found.frontier);
  found.minimum_detectable = detectable(tasks);
  const auto n = static_cast<double>(tasks.tasks.size());
  if (request.objective != Objective::min_cost && !tasks.priced) {
    throw UserError(
        "the table has no costs, so nothing can be bought with a budget: add columns M_cost_usd");
  }
  if (request.objective == Objective::max_quality) {
    found.in_sample =
        best_within(found.frontier, std::llround(request.budget_usd.value_or(0) * 1e12));
    return found;
  }
  if (request.objective == Objective::max_utility) {
    found.in_sample =
        most_useful(found.frontier, std::llround(request.value_usd.value_or(0) * 1e12));
    return found;
  }
  if (!request.target) return found;
  found.target = target_rate(tasks, *request.target);
  found.in_sample = cheapest_with(found.frontier, *found.target * n);
  if (two) return found;
  if (n < kLeastTasks) {
    throw UserError(
        fmt::format("{:.0f} tasks are too few to calibrate on: at least {} are needed. Without "
                    "--target the frontier is shown",
                    n, kLeastTasks));
  }
  if (found.in_sample && tasks.priced) {
    found.null_control =
        permuted_control(tasks, *found.target * n, usd(found.in_sample->cost), request.seed);
  }
  found.cross_validated = cross_validate(tasks, *found.target, request.seed);
  found.certificate = certify_pairs(tasks, *found.target, request);
  return found;
}

}  // namespace weir
