// What the trials cost: heavy-tailed, so medians and tails beside means.

#include <fmt/format.h>

#include <algorithm>

#include "results/report/report.hpp"
#include "results/report/text.hpp"
#include "results/statistics/bootstrap.hpp"

namespace weir {
namespace {

using Sums = ClusterBootstrap::Sums;

/// Costs of an arm's trials in USD; empty if one is unknown.
struct Costs {
  std::vector<double> sorted;
  std::vector<std::vector<double>> by_task;  ///< {trials, usd, resolved}
  bool known = true;
};

Costs costs_of(const Arm& arm) {
  Costs costs;
  std::map<std::string, std::vector<double>> tasks;
  for (const auto& trial : arm.trials) {
    if (is_missing(trial.outcome)) continue;
    if (!trial.cost_pusd) {
      costs.known = false;
      continue;
    }
    const double usd = static_cast<double>(*trial.cost_pusd) / 1e12;
    auto& row = tasks.try_emplace(trial.task, 3, 0.0).first->second;
    row[0] += 1;
    row[1] += usd;
    row[2] += trial.outcome == Outcome::resolved ? 1 : 0;
    costs.sorted.push_back(usd);
  }
  std::sort(costs.sorted.begin(), costs.sorted.end());
  for (auto& [unused, row] : tasks) costs.by_task.push_back(std::move(row));
  return costs;
}

Cell quantile(const Costs& costs, double share) {
  if (!costs.known || costs.sorted.empty()) return Cell::unknown();
  const auto last = costs.sorted.size() - 1;
  return usd_cell(costs.sorted[static_cast<std::size_t>(share * static_cast<double>(last) + 0.5)]);
}

std::optional<double> over(Sums sums, std::size_t part, std::size_t whole) {
  if (sums[whole] <= 0) return {};
  return sums[part] / sums[whole];
}

Cell seconds(const Arm& arm, std::optional<std::int64_t> TrialSummary::*field) {
  double sum = 0;
  int count = 0;
  for (const auto& trial : arm.trials) {
    if (is_missing(trial.outcome)) continue;
    if (!(trial.*field)) return Cell::unknown();
    sum += static_cast<double>(*(trial.*field)) / 1000;
    ++count;
  }
  if (count == 0) return Cell::unknown("no data");
  return {fmt::format("{:.1f}", sum / count), sum / count};
}

std::vector<Cell> line(const Arm& arm, std::uint64_t seed) {
  const Costs costs = costs_of(arm);
  std::vector<Cell> row = {Cell::of(arm.label)};
  const ClusterBootstrap bootstrap(costs.by_task, 10'000, seed);
  const auto mean = [](Sums s) { return over(s, 2, 1); };
  const auto per_resolved = [](Sums s) { return over(s, 2, 3); };
  const auto value = [&](const auto& statistic) {
    return costs.known ? usd_cell(bootstrap.value(statistic)) : Cell::unknown();
  };
  const auto interval = [&](const auto& statistic) {
    return range_cell(costs.known ? bootstrap.bca(statistic) : std::nullopt, 1, 5);
  };
  row.push_back(value(mean));
  row.push_back(interval(mean));
  row.push_back(quantile(costs, 0.5));
  row.push_back(quantile(costs, 0.95));
  row.push_back(value(per_resolved));
  row.push_back(interval(per_resolved));
  row.push_back(seconds(arm, &TrialSummary::model_ms));
  row.push_back(seconds(arm, &TrialSummary::box_ms));
  row.push_back(seconds(arm, &TrialSummary::wall_ms));
  return row;
}

}  // namespace

void add_economics(Document& document, const RunReport& report) {
  if (report.arms.empty()) return;
  Table table{{{"config", "config", false},
               {"usd_per_trial", "$ / trial"},
               {"usd_per_trial_interval", "95 % interval", true, 2},
               {"usd_median", "median"},
               {"usd_p95", "95th percentile"},
               {"usd_per_resolved", "$ / resolved"},
               {"usd_per_resolved_interval", "95 % interval", true, 2},
               {"model_seconds", "model s / trial"},
               {"box_seconds", "box s / trial"},
               {"wall_seconds", "wall s / trial"}},
              {}};
  for (const auto& arm : report.arms) table.rows.push_back(line(arm, report.seed));
  Section section{"economics", "Economics", {std::move(table)}, {}};
  section.notes.emplace_back(
      "Over trials with an outcome. Intervals: BCa bootstrap over tasks; cost per resolved is a "
      "ratio "
      "of totals.");
  for (const auto& pair : report.pairs) {
    if (!pair.usd_per_resolved_diff || !pair.usd_per_resolved_base ||
        !pair.usd_per_resolved_fresh) {
      continue;
    }
    section.notes.push_back(
        fmt::format("- {} against {}: $ per resolved {:.5f} against {:.5f}, difference in {}",
                    pair.fresh, pair.base, *pair.usd_per_resolved_fresh,
                    *pair.usd_per_resolved_base, range(*pair.usd_per_resolved_diff, 1, 5)));
  }
  document.sections.push_back(std::move(section));
}

}  // namespace weir
