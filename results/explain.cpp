#include "results/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "results/report/text.hpp"

namespace weir {
namespace {

/// An arm's means over all of its own tasks.
struct Means {
  double rate = 0;
  std::optional<double> usd = 0;
};

Means means_of(const Arm& arm) {
  std::map<std::string, std::pair<int, int>> tasks;  // resolved, trials
  std::map<std::string, double> usd;
  Means means;
  for (const auto& trial : arm.trials) {
    if (is_missing(trial.outcome)) continue;
    auto& task = tasks[trial.task];
    task.first += trial.outcome == Outcome::resolved ? 1 : 0;
    ++task.second;
    if (!trial.cost_pusd) means.usd.reset();
    usd[trial.task] += static_cast<double>(trial.cost_pusd.value_or(0)) / 1e12;
  }
  for (const auto& [name, task] : tasks) {
    const auto n = static_cast<double>(tasks.size());
    means.rate += static_cast<double>(task.first) / task.second / n;
    if (means.usd) *means.usd += usd[name] / task.second / n;
  }
  return means;
}

Arm only_tasks(const Arm& arm, const std::map<std::string, std::string>& tasks) {
  Arm part = arm;
  part.tasks = tasks;
  std::erase_if(part.trials, [&](const auto& trial) { return tasks.count(trial.task) == 0; });
  return part;
}

/// Tasks of equal content that have an outcome in every arm.
std::map<std::string, std::string> shared_tasks(const std::vector<const Arm*>& arms) {
  std::map<std::string, std::string> shared = arms.front()->tasks;
  for (const Arm* arm : arms) {
    std::set<std::string> done;
    for (const auto& trial : arm->trials) {
      if (!is_missing(trial.outcome)) done.insert(trial.task);
    }
    std::erase_if(shared, [&](const auto& task) {
      const auto other = arm->tasks.find(task.first);
      return other == arm->tasks.end() || other->second != task.second ||
             done.count(task.first) == 0;
    });
  }
  return shared;
}

std::string causes_between(const Arm& a, const Arm& b) {
  std::vector<std::string> causes;
  if (a.served != b.served) causes.emplace_back("model");
  if (a.run.weir_version != b.run.weir_version) causes.emplace_back("Weir version");
  if (a.config.agent_sha256 != b.config.agent_sha256) causes.emplace_back("prompt");
  if (a.config.policy_sha256 != b.config.policy_sha256) causes.emplace_back("policy");
  for (const auto& difference : differences(a, b)) {
    const std::string& what = difference.what;
    const bool named = what == "served models" || what == "Weir version" || what == "policy" ||
                       what == "prompt and tools";
    const bool own_part = what == "price book" || what == "suite" || what == "content of tasks" ||
                          what.starts_with("conditions");  // not recorded is no cause
    if (!named && !own_part) causes.push_back(what);
  }
  if (causes.empty()) return "noise: nothing that is recorded differs";
  if (causes.size() == 1) return causes.front();
  return fmt::format("{} (together: no run separates them)", fmt::join(causes, ", "));
}

ExplainedPart step(const std::string& cause, const Arm& a, const Arm& b,
                   const PairingOptions& options) {
  const PairedComparison pair = compare_arms(a, b, options);
  return {cause, pair.diff, pair.interval, pair.usd.diff, pair.usd.interval};
}

std::optional<double> minus(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b) return {};
  return *a - *b;
}

}  // namespace

std::vector<ExplainedPart> explain(const ThenAndNow& change, const PairingOptions& options) {
  std::vector<const Arm*> arms = {&change.then, &change.now};
  if (change.bridge) arms.push_back(&*change.bridge);
  const auto shared = shared_tasks(arms);
  const auto of = [&](const Arm& arm) { return only_tasks(arm, shared); };
  const Arm then = of(change.then);
  const Arm now = of(change.now);
  const Arm now_old_prices = of(change.now_at_old_prices);

  std::vector<ExplainedPart> parts;
  if (change.bridge) {
    const Arm bridge = of(*change.bridge);
    parts.push_back(step(causes_between(then, bridge), then, bridge, options));
    parts.push_back(step(causes_between(bridge, now), bridge, now_old_prices, options));
  } else {
    parts.push_back(step(causes_between(then, now), then, now_old_prices, options));
  }
  ExplainedPart price = step("price", now_old_prices, now, options);
  price.rate.reset();
  price.rate_interval.reset();
  parts.push_back(price);

  const Means all_then = means_of(change.then);
  const Means all_now = means_of(change.now);
  ExplainedPart whole{
      "whole change", all_now.rate - all_then.rate, {}, minus(all_now.usd, all_then.usd), {}};
  ExplainedPart tasks{"task set", whole.rate, {}, whole.usd, {}};
  for (const auto& part : parts) {
    if (part.rate) *tasks.rate -= *part.rate;
    tasks.usd = minus(tasks.usd, part.usd);
  }
  parts.insert(parts.begin(), tasks);
  parts.push_back(whole);
  return parts;
}

Section explain_section(const ThenAndNow& change, const std::vector<ExplainedPart>& parts) {
  Table table{{{"cause", "cause", false},
               {"rate", "resolved, points"},
               {"rate_interval", "95 % interval", true, 2},
               {"usd", "$ / trial"},
               {"usd_interval", "95 % interval", true, 2}},
              {}};
  for (const auto& part : parts) {
    table.rows.push_back({Cell::of(part.cause),
                          part.rate ? points_cell(*part.rate) : Cell::unknown("–"),
                          range_cell(part.rate_interval, 100, 1), dollars_cell(part.usd),
                          range_cell(part.usd_interval, 1, 5)});
  }
  Section section{"explain", "What changed", {std::move(table)}, {}};
  section.notes.push_back(
      fmt::format("{} ({}) to {} ({}). Steps on the tasks that all of these runs finished; \"task "
                  "set\" is what "
                  "they leave over. A step whose interval holds 0 may be noise.",
                  change.then.label, fmt::join(change.then.served, ", "), change.now.label,
                  fmt::join(change.now.served, ", ")));
  if (!change.bridge) {
    section.notes.emplace_back(
        "No bridge run: the old config on today's endpoint (--bridge RUN) would separate the model "
        "from "
        "everything else that changed.");
  }
  return section;
}

}  // namespace weir
