// All that a report of one run says, read at once.

#include <algorithm>

#include "results/report/report.hpp"
#include "results/store/reader_state.hpp"

namespace weir {

std::vector<std::string> Reader::flaky_tasks() const {
  // Content that gold sometimes passes and sometimes fails, or that doing nothing passes:
  // models have no say in it.
  std::vector<std::string> flaky;
  auto row = state_->prepare(
      "SELECT DISTINCT task FROM (SELECT trial.task AS task, task.sha256, config.agent AS agent, "
      "sum(try.outcome = 'resolved') AS passed, sum(try.outcome NOT IN ('resolved', "
      "'provider_error', 'infra_error', 'not_run')) AS failed FROM trial "
      "JOIN try ON try.trial = trial.id AND try.try = trial.counted_try "
      "JOIN config ON config.run = trial.run AND config.config = trial.config "
      "JOIN task ON task.run = trial.run AND task.task = trial.task "
      "WHERE config.agent IN ('oracle', 'nop') AND trial.slot >= 0 GROUP BY 1, 2, 3) "
      "WHERE passed > 0 AND (failed > 0 OR agent = 'nop') ORDER BY 1");
  while (row.executeStep()) flaky.push_back(row.getColumn(0).getString());
  return flaky;
}

RunReport Reader::report(const Run& run, const std::string& baseline) const {
  RunReport report;
  report.comparison = compare(run.id);
  report.seed = run.seed;
  const bool pooled = report.comparison.parts.empty();
  report.arms = arms(run);
  for (auto& task : flaky_tasks()) {
    const auto own = [&](const Arm& each) { return each.tasks.count(task) != 0; };
    if (std::any_of(report.arms.begin(), report.arms.end(), own)) {
      report.quarantined.push_back(std::move(task));
    }
  }
  report.gaps = price_gaps(report.arms);
  if (!pooled) return report;  // two models under one name: nothing to pair
  PairingOptions options;
  options.seed = run.seed;
  const auto base = baseline.empty()
                        ? report.arms.begin()
                        : std::find_if(report.arms.begin(), report.arms.end(),
                                       [&](const Arm& each) { return each.label == baseline; });
  if (base == report.arms.end()) return report;
  for (const auto& each : report.arms) {
    if (&each == &*base) continue;
    const auto pairs = pair_tasks(*base, each);
    if (std::none_of(pairs.begin(), pairs.end(), [](const auto& p) { return p.comparable(); })) {
      continue;  // nothing finished in both yet
    }
    report.pairs.push_back(compare_arms(*base, each, options));
  }
  return report;
}

}  // namespace weir
