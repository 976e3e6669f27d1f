#include "harness/calibration/turn_exploration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "harness/calibration/log_checks.hpp"
#include "results/report/text.hpp"
#include "results/statistics/off_policy.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

/// Standard errors beyond which a mean weight is not 1.
constexpr double kMostErrors = 4.5;

/// The probability of what was done, in proportion to the threshold's; 0 where it would have
/// done the other thing.
double ratio_of(const ExploredTurn& turn, double threshold) {
  if ((turn.score >= threshold) != turn.escalated) return 0;
  return 1 / (turn.escalated ? turn.p_escalate : 1 - turn.p_escalate);
}

/// Runs with an outcome, with all that a threshold's estimate needs of them.
struct WeighedRuns {
  std::vector<std::size_t> tasks;
  std::vector<double> weights;
  std::vector<double> resolved;
  std::vector<double> usd;  ///< of whole runs; empty where one is unknown
  std::vector<LoggedTrajectory> turns;  ///< rewards are costs; empty where one is unknown
};

WeighedRuns weigh(const ExplorationLog& log, double threshold) {
  WeighedRuns found;
  bool run_costs = true;
  bool turn_costs = true;
  for (std::size_t i = 0; i < log.runs.size(); ++i) {
    const ExploredRun& run = log.runs[i];
    if (!run.resolved) continue;
    double weight = 1;
    LoggedTrajectory trajectory;
    for (const auto& turn : log.turns[i]) {
      const double ratio = ratio_of(turn, threshold);
      weight *= ratio;
      trajectory.push_back({ratio, turn.usd.value_or(0)});
      turn_costs = turn_costs && turn.usd;
    }
    found.tasks.push_back(run.task);
    found.weights.push_back(weight);
    found.resolved.push_back(*run.resolved ? 1 : 0);
    found.usd.push_back(static_cast<double>(run.cost.value_or(0)) / 1e12);
    run_costs = run_costs && run.cost;
    found.turns.push_back(std::move(trajectory));
  }
  if (!run_costs) found.usd.clear();
  if (!turn_costs) found.turns.clear();
  return found;
}

/// Sums by task of `value(i)`.
template <typename Value>
std::vector<double> by_task(const WeighedRuns& runs, Value&& value) {
  std::map<std::size_t, double> sums;
  for (std::size_t i = 0; i < runs.tasks.size(); ++i) sums[runs.tasks[i]] += value(i);
  std::vector<double> values;
  for (const auto& [task, sum] : sums) values.push_back(sum);
  return values;
}

double root_of_squares(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  const auto n = static_cast<double>(values.size());
  return n > 1 ? std::sqrt(sum * n / (n - 1)) : 0;
}

TurnwiseEstimate estimate(const ExplorationLog& log, double threshold) {
  const WeighedRuns runs = weigh(log, threshold);
  const Weighted weighted = importance_weighted(runs.weights, runs.resolved);
  const auto n = static_cast<double>(runs.weights.size());
  TurnwiseEstimate found;
  found.threshold = threshold;
  found.max_weight = weighted.max_weight;
  found.mean_weight = weighted.mean_weight;
  found.mean_weight_error = root_of_squares(by_task(runs, [&](std::size_t i) {
                              return runs.weights[i] - weighted.mean_weight;
                            })) / n;
  const auto masses = by_task(runs, [&](std::size_t i) { return runs.weights[i]; });
  double mass = 0, squares = 0;
  for (const double each : masses) mass += each, squares += each * each;
  found.ess = squares > 0 ? mass * mass / squares : 0;
  if (found.ess < kLeastTasks) return found;
  found.resolved = weighted.snips;
  found.resolved_error = root_of_squares(by_task(runs, [&](std::size_t i) {
                           return runs.weights[i] * (runs.resolved[i] - weighted.snips);
                         })) / mass;
  if (!runs.turns.empty()) {
    found.usd = trajectory_estimates(runs.turns).cwpdis;
  } else if (!runs.usd.empty()) {
    found.usd = importance_weighted(runs.weights, runs.usd).snips;
  }
  return found;
}

}  // namespace

std::vector<TurnwiseEstimate> estimate_turnwise(const ExplorationLog& log) {
  const bool known = std::any_of(log.runs.begin(), log.runs.end(),
                                 [](const ExploredRun& run) { return run.resolved.has_value(); });
  if (!known) throw UserError("no run has an outcome");
  std::vector<TurnwiseEstimate> estimates;
  for (const double threshold : log.grid) {
    estimates.push_back(estimate(log, threshold));
    const TurnwiseEstimate& found = estimates.back();
    const double off = std::abs(found.mean_weight - 1);
    if (found.ess < kLeastTasks || off <= kMostErrors * found.mean_weight_error) continue;
    throw UserError(
        fmt::format("the weights of threshold {} have mean {:.3f} +/- {:.3f}, not 1: p_escalate is "
                    "not what the turns were decided with",
                    found.threshold, found.mean_weight, found.mean_weight_error));
  }
  return estimates;
}

Document turnwise_document(const ExplorationLog& log,
                           const std::vector<TurnwiseEstimate>& estimates) {
  Table table;
  table.columns = {{"threshold", "Threshold"},        {"resolved", "Resolved %, +/- error", true, 1},
                   {"usd_per_run", "$ per run", true, 1}, {"ess", "Effective tasks"},
                   {"max_weight", "Largest weight"},  {"mean_weight", "Mean weight"}};
  for (const auto& each : estimates) {
    table.rows.push_back(
        {Cell::of(each.threshold > 1 ? "1.01 (never)" : fmt::format("{}", each.threshold)),
         each.resolved ? Cell{fmt::format("{:.1f} +/- {:.1f}", 100 * *each.resolved,
                                          100 * each.resolved_error),
                              *each.resolved}
                       : Cell::unknown("too few"),
         each.usd ? Cell{fmt::format("{:.5f}", *each.usd), *each.usd} : Cell::unknown(),
         Cell{fmt::format("{:.1f}", each.ess), each.ess},
         Cell{fmt::format("{:.1f}", each.max_weight), each.max_weight},
         Cell{fmt::format("{:.3f}", each.mean_weight), each.mean_weight}});
  }
  Document document;
  document.title = "Estimates from turns explored one by one";
  document.simulated = log.simulated;
  document.sections.push_back(
      {"turnwise",
       "",
       {table},
       {fmt::format("ABSTAINED: such logs certify nothing. Weights multiply over a run; where "
                    "fewer than {} effective tasks stand behind a threshold, there is no estimate. "
                    "Draw one threshold per run ([explore] in the policy) for a certificate.",
                    kLeastTasks)}});
  return document;
}

}  // namespace weir
