// The headline's rates with and without the tasks that judged themselves: both denominators.

#include <fmt/format.h>

#include <algorithm>

#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

/// The rate over an arm's trials, those of quarantined tasks perhaps left out, missing data
/// left out or counted as unresolved.
ClusteredRate rate_of(const Arm& arm, const std::vector<std::string>& left_out,
                      bool count_missing) {
  std::map<std::string, TaskOutcomes> tasks;
  for (const auto& trial : arm.trials) {
    if (is_missing(trial.outcome) && !count_missing) continue;
    if (std::find(left_out.begin(), left_out.end(), trial.task) != left_out.end()) continue;
    TaskOutcomes& task = tasks[trial.task];
    ++task.trials;
    if (trial.outcome == Outcome::resolved) ++task.resolved;
  }
  std::vector<TaskOutcomes> outcomes;
  for (const auto& [unused, task] : tasks) outcomes.push_back(task);
  return clustered_rate(outcomes);
}

}  // namespace

void add_quarantine(Document& document, const RunReport& report) {
  if ((report.quarantined.empty() && !report.has_list) || report.arms.empty()) return;
  Table table{{{"config", "config", false},
               {"tasks", "tasks"},
               {"resolved", "resolved", true, 3},
               {"resolved_missing_counted", "resolved, missing count", true, 3},
               {"tasks_without", "tasks without quarantined"},
               {"resolved_without", "resolved without", true, 3},
               {"resolved_without_missing_counted", "resolved without, missing count", true, 3}},
              {}};
  for (const auto& arm : report.arms) {
    const ClusteredRate all = rate_of(arm, {}, false);
    const ClusteredRate left = rate_of(arm, report.quarantined, false);
    table.rows.push_back({Cell::of(arm.label), Cell::number(all.tasks), rate_cell(all),
                          rate_cell(rate_of(arm, {}, true)), Cell::number(left.tasks),
                          rate_cell(left), rate_cell(rate_of(arm, report.quarantined, true))});
  }
  document.sections.push_back(
      {"quarantine",
       fmt::format("With and without {} quarantined tasks", report.quarantined.size()),
       {std::move(table)},
       {"Quarantined: tasks whose gold solution does not pass each time, or that doing nothing "
        "passes. A rate over all tasks is bounded by them; one without them is of other tasks than "
        "a published one."}});
}

}  // namespace weir
