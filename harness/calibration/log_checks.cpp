#include "harness/calibration/log_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/statistics/distributions.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

/// Standard errors beyond which a mean is not what it should be.
constexpr double kMostErrors = 4.5;
constexpr double kFewestExpected = 10;  ///< of one kind, for a normal law
constexpr double kMissingAlpha = 0.001;

void check_size(const ExplorationLog& log) {
  if (static_cast<double>(log.tasks.size()) >= kLeastTasks) return;
  throw UserError(fmt::format(
      "{} tasks are too few to calibrate on: tasks are the independent units, and at least {} are "
      "needed. `weir plan EXPERIMENT --target Q` says how many a promise takes",
      log.tasks.size(), kLeastTasks));
}

void check_deterministic(const ExplorationLog& log) {
  const std::size_t first = log.runs.front().drawn;
  const bool all = std::all_of(log.runs.begin(), log.runs.end(),
                               [&](const ExploredRun& run) { return run.drawn == first; });
  if (!all || log.grid.size() == 1) return;
  throw UserError(fmt::format(
      "every run has the threshold {}: a deterministic log. Turns with scores between it and a "
      "lower threshold were never escalated, so nothing is known of other thresholds. Run with "
      "[explore] in the policy",
      log.grid[first]));
}

/// Runs that drew grid[k], against what its probability lets expect; draws of one task may
/// depend on each other. Where too few are expected for a normal law, nothing is said.
void check_draws(const ExplorationLog& log) {
  const auto n = static_cast<double>(log.runs.size());
  const auto tasks = log.runs_by_task();
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    const double p = log.probs[k];
    if (n * p < kFewestExpected || n * (1 - p) < kFewestExpected) continue;
    double drew = 0;
    double squares = 0;
    for (const auto& runs : tasks) {
      double of_task = 0;
      for (const std::size_t i : runs) of_task += log.runs[i].drawn == k ? 1 : 0;
      const double off = of_task - p * static_cast<double>(runs.size());
      drew += of_task;
      squares += off * off;
    }
    const double error = std::sqrt(std::max(squares, n * p * (1 - p)));
    if (std::abs(drew - n * p) <= kMostErrors * error) continue;
    throw UserError(fmt::format(
        "{:.0f} of {:.0f} runs have the threshold {}, where its probability {:.4g} lets expect "
        "{:.0f}: the probabilities are not those the thresholds were drawn with",
        drew, n, log.grid[k], p, n * p));
  }
}

void check_effective_size(const ExplorationLog& log,
                          const std::vector<ThresholdEstimate>& estimates) {
  const auto most = std::max_element(
      estimates.begin(), estimates.end(),
      [](const ThresholdEstimate& a, const ThresholdEstimate& b) { return a.ess < b.ess; });
  if (most->ess >= kLeastTasks) return;
  throw UserError(fmt::format(
      "no threshold has {} effective tasks (the most: {:.1f} of {}): run more tasks, or fewer "
      "thresholds",
      kLeastTasks, most->ess, log.tasks.size()));
}

void check_weights(const ExplorationLog& log, const std::vector<ThresholdEstimate>& estimates) {
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    const ThresholdEstimate& estimate = estimates[k];
    if (static_cast<double>(log.tasks.size()) * log.probs[k] < kFewestExpected) continue;
    const double off = std::abs(estimate.mean_weight - 1);
    if (off <= kMostErrors * std::max(estimate.mean_weight_error, 1e-6)) continue;
    throw UserError(fmt::format(
        "the weights of threshold {} have mean {:.3f} +/- {:.3f}, not 1: the probabilities, or the "
        "decisions at other thresholds, are not what the log says",
        estimate.threshold, estimate.mean_weight, estimate.mean_weight_error));
  }
}

void check_missing(const ExplorationLog& log) {
  int all = 0;
  int missing = 0;
  for (const auto& run : log.runs) {
    ++all;
    missing += run.resolved ? 0 : 1;
  }
  if (missing == 0) return;
  std::size_t worst = 0;
  double least = 1;
  std::pair<int, int> at_worst;
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    int drew = 0;
    int lost = 0;
    for (const auto& run : log.runs) {
      if (run.drawn != k) continue;
      ++drew;
      lost += run.resolved ? 0 : 1;
    }
    const double p = fisher_exact(lost, drew, missing - lost, all - drew);
    const bool more = static_cast<double>(lost) * all > static_cast<double>(missing) * drew;
    if (p < least && more) worst = k, least = p, at_worst = {lost, drew};
  }
  if (least * static_cast<double>(log.grid.size()) >= kMissingAlpha) return;
  throw UserError(fmt::format(
      "{} of {} runs of threshold {} have no outcome, of the others {} of {}: that is no chance, "
      "and leaving them out would favour one side. Run them again, or bound them with --missing "
      "unresolved",
      at_worst.first, at_worst.second, log.grid[worst], missing - at_worst.first,
      all - at_worst.second));
}

}  // namespace

void check_exploration(const ExplorationLog& log, const std::vector<ThresholdEstimate>& estimates) {
  check_size(log);
  check_deterministic(log);
  check_draws(log);
  check_missing(log);
  check_effective_size(log, estimates);
  if (!log.every_threshold) check_weights(log, estimates);  // of a tree they are what they must be
}

void count_missing_as_unresolved(ExplorationLog& log) {
  for (auto& run : log.runs) {
    if (run.resolved) continue;
    run.resolved = false;
    run.bounded = true;
  }
}

}  // namespace weir
