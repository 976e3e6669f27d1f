#include "harness/calibration/log_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/statistics/distributions.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

/// Standard errors beyond which a mean is not what it should be: one check in ten
/// thousand fires on a sound log of ten thresholds.
constexpr double kMostErrors = 4.5;
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
      "lower threshold were never escalated, so nothing is known of other thresholds. Run "
      "with [explore] in the policy",
      log.grid[first]));
}

void check_draws(const ExplorationLog& log) {
  const auto n = static_cast<double>(log.runs.size());
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    const auto drew = static_cast<double>(std::count_if(
        log.runs.begin(), log.runs.end(), [&](const ExploredRun& run) { return run.drawn == k; }));
    const double p = log.probs[k];
    const double off = (drew - n * p) / std::sqrt(n * p * (1 - p));
    if (p < 1 && std::abs(off) > kMostErrors) {
      throw UserError(fmt::format(
          "{:.0f} of {:.0f} runs have the threshold {}, where its probability {} lets expect "
          "{:.0f}: the probabilities are not those the thresholds were drawn with",
          drew, n, log.grid[k], p, n * p));
    }
  }
}

void check_weights(const ExplorationLog& log, const std::vector<ThresholdEstimate>& estimates) {
  for (const auto& estimate : estimates) {
    const double off = estimate.mean_weight - 1;
    if (std::abs(off) <= kMostErrors * std::max(estimate.mean_weight_error, 1e-9)) continue;
    throw UserError(fmt::format(
        "the weights of threshold {} have mean {:.3f} +/- {:.3f}, not 1: the probabilities, or the "
        "decisions at other thresholds, are not what the log says",
        estimate.threshold, estimate.mean_weight, estimate.mean_weight_error));
  }
  const bool some = std::any_of(estimates.begin(), estimates.end(), [](const auto& estimate) {
    return estimate.ess >= kLeastTasks;
  });
  if (some) return;
  throw UserError(fmt::format(
      "no threshold has {} effective tasks (the most: {:.1f} of {}): run more tasks, or fewer "
      "thresholds",
      kLeastTasks,
      std::max_element(estimates.begin(), estimates.end(),
                       [](const auto& a, const auto& b) { return a.ess < b.ess; })
          ->ess,
      log.tasks.size()));
}

void check_missing(const ExplorationLog& log) {
  int all = 0;
  int missing = 0;
  for (const auto& run : log.runs) {
    ++all;
    missing += run.resolved ? 0 : 1;
  }
  if (missing == 0) return;
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    int drew = 0;
    int lost = 0;
    for (const auto& run : log.runs) {
      if (run.drawn != k) continue;
      ++drew;
      lost += run.resolved ? 0 : 1;
    }
    const double p = fisher_exact(lost, drew, missing - lost, all - drew);
    if (p * static_cast<double>(log.grid.size()) >= kMissingAlpha) continue;
    throw UserError(fmt::format(
        "{} of {} runs of threshold {} have no outcome, of the others {} of {}: that is no chance, "
        "and leaving them out would favour one side. Retry them (`weir resume --retry "
        "provider_error,infra_error`), or bound them with --missing unresolved",
        lost, drew, log.grid[k], missing - lost, all - drew));
  }
}

}  // namespace

void check_exploration(const ExplorationLog& log, const std::vector<ThresholdEstimate>& estimates) {
  check_size(log);
  check_deterministic(log);
  check_draws(log);
  check_missing(log);
  check_weights(log, estimates);
}

void count_missing_as_unresolved(ExplorationLog& log) {
  for (auto& run : log.runs) {
    if (!run.resolved) run.resolved = false;
  }
}

}  // namespace weir
