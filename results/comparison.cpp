#include "results/comparison.hpp"

#include <algorithm>
#include <set>

namespace weir {
namespace {

/// Adds, where unknown plus anything is unknown.
template <typename T>
void add(std::optional<T>& sum, const std::optional<T>& value) {
  if (!sum || !value) {
    sum.reset();
  } else if constexpr (std::is_integral_v<T>) {
    if (__builtin_add_overflow(*sum, *value, &*sum)) sum.reset();
  } else {
    *sum += *value;
  }
}

ClusteredRate rate(const std::vector<TrialSummary>& trials, bool count_missing) {
  std::map<std::string, TaskOutcomes> by_task;
  for (const auto& trial : trials) {
    if (is_missing(trial.outcome) && !count_missing) continue;
    auto& task = by_task[trial.task];
    ++task.trials;
    if (trial.outcome == Outcome::resolved) ++task.resolved;
  }
  std::vector<TaskOutcomes> tasks;
  for (const auto& [unused, task] : by_task) tasks.push_back(task);
  return clustered_rate(tasks);
}

}  // namespace

ConfigSummary summarize(const std::string& config, const std::vector<TrialSummary>& all_trials) {
  std::vector<TrialSummary> trials;
  std::copy_if(all_trials.begin(), all_trials.end(), std::back_inserter(trials),
               [&](const TrialSummary& trial) { return trial.config == config; });
  ConfigSummary row;
  row.config = config;
  row.headline = rate(trials, false);
  row.all = rate(trials, true);
  row.cost_pusd = 0;
  row.usd_other_tries = 0;
  row.input_total = row.input_hit = row.output_total = row.turns = row.escalated_turns = 0;
  std::optional<double> strong = 0;
  std::optional<Picodollars> counted = 0;
  for (const auto& trial : trials) {
    ++row.outcomes[std::string(name_of(trial.outcome))];
    if (trial.outcome == Outcome::resolved) ++row.resolved;
    if (is_missing(trial.outcome)) ++row.missing;
    add(row.cost_pusd, trial.cost_pusd);
    row.spend.add(trial.spend);
    if (!is_missing(trial.outcome)) {
      add(counted, trial.cost_pusd);
      row.headline_spend.add(trial.spend);
      row.headline_cold.add(trial.cold);
      row.headline_warm.add(trial.warm);
    }
    add(row.usd_other_tries, trial.usd_other_tries);
    add(row.input_total, trial.input_total);
    add(row.input_hit, trial.input_hit);
    add(row.output_total, trial.output_total);
    add(strong, trial.usd_strong);
    row.unpriced_calls += trial.unpriced_calls;
    add(row.turns, trial.turns);
    add(row.escalated_turns, trial.escalated_turns);
    row.discarded_calls += trial.discarded_calls.value_or(0);
  }
  if (row.cost_pusd && strong && *row.cost_pusd > 0) {
    row.strong_share = *strong * 1e12 / static_cast<double>(*row.cost_pusd);
  }
  if (counted && row.headline.trials > 0) {  // the same trials above and below the line
    const double usd = static_cast<double>(*counted) / 1e12;
    row.usd_per_trial = usd / row.headline.trials;
    if (row.resolved > 0) row.usd_per_resolved = usd / row.resolved;
  }
  return row;
}

}  // namespace weir
