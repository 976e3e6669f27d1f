// All that a report of one run says, read at once.

#include <algorithm>
#include <future>

#include "results/report/report.hpp"
#include "results/store/reader_state.hpp"

namespace weir {

std::set<std::string> Reader::quarantined(const Arm& arm) const {
  // Content that gold sometimes passes and sometimes fails, or that doing nothing passes:
  // models have no say in it.
  std::set<std::string> flaky;
  auto row = state_->prepare(
      "SELECT task, sha256 FROM (SELECT trial.task AS task, task.sha256 AS sha256, config.agent AS "
      "agent, sum(try.outcome = 'resolved') AS passed, sum(try.outcome NOT IN ('resolved', "
      "'provider_error', 'infra_error', 'not_run')) AS failed FROM trial "
      "JOIN try ON try.trial = trial.id AND try.try = trial.counted_try "
      "JOIN config ON config.run = trial.run AND config.config = trial.config "
      "JOIN task ON task.run = trial.run AND task.task = trial.task "
      "WHERE config.agent IN ('oracle', 'nop') AND trial.slot >= 0 GROUP BY 1, 2, 3) "
      "WHERE passed > 0 AND (failed > 0 OR agent = 'nop')");
  while (row.executeStep()) {
    const auto own = arm.tasks.find(row.getColumn(0).getString());
    if (own != arm.tasks.end() && own->second == row.getColumn(1).getString()) {
      flaky.insert(own->first);
    }
  }
  return flaky;
}

namespace {

std::vector<FindingCount> finding_counts(const Reader::State& state, const std::string& run) {
  std::vector<FindingCount> counts;
  auto row = state.prepare(
      "SELECT trial.config, kind, count(DISTINCT v_audit.trial), count(*) FROM v_audit "
      "JOIN trial ON trial.id = v_audit.trial AND trial.slot >= 0 WHERE v_audit.run = ? "
      "GROUP BY 1, 2",
      run);
  while (row.executeStep()) {
    const auto kind = finding_kind_named(row.getColumn(1).getString());
    if (!kind) continue;  // a later Weir's
    counts.push_back({row.getColumn(0).getString(), *kind, row.getColumn(2).getInt(),
                      row.getColumn(3).getInt()});
  }
  return counts;
}

}  // namespace

RunReport Reader::report(const Run& run, const std::string& baseline) const {
  RunReport report;
  report.comparison = compare(run.id);
  report.seed = run.seed;
  const bool pooled = report.comparison.parts.empty();
  report.arms = arms(run);
  if (!report.arms.empty()) {
    const auto flaky = quarantined(report.arms.front());
    report.quarantined.assign(flaky.begin(), flaky.end());
  }
  report.findings = finding_counts(*state_, run.id);
  report.gaps = price_gaps(report.arms);
  if (run.source.empty()) {
    report.book = PriceBook::parse(price_book(run.price_book_sha256), "the run's price book")
                      .viewed(stored_view(run.facts));
  }
  if (!pooled) return report;  // two models under one name: nothing to pair
  PairingOptions options;
  options.seed = run.seed;
  const auto base = baseline.empty()
                        ? report.arms.begin()
                        : std::find_if(report.arms.begin(), report.arms.end(),
                                       [&](const Arm& each) { return each.label == baseline; });
  if (base == report.arms.end()) return report;
  std::vector<std::future<PairedComparison>> pairs;  // each on its own seed: order is no matter
  for (const auto& each : report.arms) {
    if (&each == &*base) continue;
    const auto common = pair_tasks(*base, each);
    const bool any = std::any_of(common.begin(), common.end(),
                                 [](const TaskPair& pair) { return pair.comparable(); });
    if (!any) continue;  // nothing finished in both yet
    pairs.push_back(std::async(std::launch::async, [&base, &each, &options] {
      return compare_arms(*base, each, options);
    }));
  }
  for (auto& pair : pairs) report.pairs.push_back(pair.get());
  return report;
}

}  // namespace weir
