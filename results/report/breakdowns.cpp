// The headline's rates by suite, by difficulty and by length of trajectory; repeats of
// a task.

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

using Key = std::function<std::string(const TrialSummary&)>;

/// Sums of one line of a breakdown.
struct Line {
  std::map<std::string, TaskOutcomes> tasks;
  Spend spend;
  int missing = 0;
};

/// One row per value of `key` and config; trials that are missing data only counted.
Table breakdown(const RunReport& report, const std::string& name, const std::string& heading,
                const Key& key) {
  Table table{{{name, heading, false},
               {"config", "config", false},
               {"tasks", "tasks"},
               {"trials", "trials"},
               {"resolved", "resolved", true, 3},
               {"missing", "missing"},
               {"usd_per_trial", "$ / trial"}},
              {}};
  std::map<std::pair<std::string, std::size_t>, Line> lines;
  for (std::size_t a = 0; a < report.arms.size(); ++a) {
    for (const auto& trial : report.arms[a].trials) {
      Line& line = lines[{key(trial), a}];
      if (is_missing(trial.outcome)) {
        ++line.missing;
        continue;
      }
      TaskOutcomes& task = line.tasks[trial.task];
      ++task.trials;
      if (trial.outcome == Outcome::resolved) ++task.resolved;
      line.spend.add(trial.spend);
    }
  }
  for (const auto& [at, line] : lines) {
    std::vector<TaskOutcomes> tasks;
    for (const auto& [unused, task] : line.tasks) tasks.push_back(task);
    const ClusteredRate rate = clustered_rate(tasks);
    table.rows.push_back({Cell::of(at.first), Cell::of(report.arms[at.second].label),
                          Cell::number(rate.tasks), Cell::number(rate.trials), rate_cell(rate),
                          Cell::number(line.missing), spend_cell(line.spend, rate.trials)});
  }
  return table;
}

std::string length_of(const TrialSummary& trial) {
  if (!trial.turns) return "unknown";
  const std::int64_t turns = *trial.turns;
  if (turns == 0) return "000";
  if (turns <= 10) return "001-010";
  if (turns <= 25) return "011-025";
  if (turns <= 50) return "026-050";
  if (turns <= 100) return "051-100";
  if (turns <= 200) return "101-200";
  return "201 and more";
}

Cell known_if(bool known, double value) {
  return known ? Cell{fmt::format("{:.2f}", value), value} : Cell::unknown("–");
}

}  // namespace

void add_breakdowns(Document& document, const RunReport& report) {
  if (report.arms.empty()) return;
  document.sections.push_back(
      {"suites",
       "By suite",
       {breakdown(report, "suite", "suite", [](const TrialSummary& t) { return t.suite; })},
       {}});
  document.sections.push_back({"difficulty",
                               "By difficulty",
                               {breakdown(report, "difficulty", "difficulty",
                                          [](const TrialSummary& t) {
                                            return t.difficulty.empty() ? std::string("not stated")
                                                                        : t.difficulty;
                                          })},
                               {}});
  document.sections.push_back({"length",
                               "By length of trajectory",
                               {breakdown(report, "length", "accepted turns", length_of)},
                               {"Length is an outcome of the arm, not a property of the task: "
                                "these rates say where trials end, "
                                "not what longer ones would do."}});
}

void add_repeats(Document& document, const RunReport& report) {
  Table table{{{"config", "config", false},
               {"k", "k"},
               {"tasks", "tasks"},
               {"pass_at_k", "pass@k"},
               {"pass_hat_k", "pass^k"},
               {"icc", "ICC"},
               {"design_effect", "design effect"}},
              {}};
  for (const auto& arm : report.arms) {
    if (is_tree(arm)) continue;  // other thresholds are no repeats
    std::map<std::string, std::vector<double>> tasks;
    for (const auto& trial : arm.trials) {
      if (!is_missing(trial.outcome)) {
        tasks[trial.task].push_back(trial.outcome == Outcome::resolved ? 1 : 0);
      }
    }
    std::size_t most = 0;
    std::vector<std::vector<double>> clusters;
    for (const auto& [unused, values] : tasks) {
      most = std::max(most, values.size());
      clusters.push_back(values);
    }
    if (most < 2) continue;
    const auto icc = icc_anova(clusters);
    for (int k = 1; k <= static_cast<int>(most); ++k) {
      double any = 0;
      double every = 0;
      int counted = 0;
      for (const auto& values : clusters) {
        const int n = static_cast<int>(values.size());
        if (n < k) continue;
        const int c = static_cast<int>(std::count(values.begin(), values.end(), 1.0));
        any += pass_at_k(n, c, k);
        every += pass_hat_k(n, c, k);
        ++counted;
      }
      table.rows.push_back({Cell::of(arm.label), Cell::number(k), Cell::number(counted),
                            share_cell(any / counted), share_cell(every / counted),
                            known_if(icc.defined, icc.icc), known_if(icc.defined, icc.deff)});
    }
  }
  if (table.rows.empty()) return;
  document.sections.push_back(
      {"repeats",
       "Repeats",
       {std::move(table)},
       {"pass@k: at least one of k trials resolves the task; pass^k: all k do. Trials of one task "
        "resemble each other (ICC), so that n trials count as n / design effect."}});
}

}  // namespace weir
