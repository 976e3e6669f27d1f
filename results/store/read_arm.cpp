// One config of a run, as comparisons need it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "results/store/reader_state.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {

using nlohmann::json;

namespace {

/// Trials of a task under a config: its attempts, each of them several where it is a tree.
int trials_of_task(const json& spec, const std::string& config) {
  if (!spec.is_object()) return 0;
  const json trees = spec.value("trials_per_attempt", json::object());
  return spec.value("attempts", 0) * (trees.is_object() ? trees.value(config, 1) : 1);
}

}  // namespace

void add_unbegun(std::vector<TrialSummary>& trials, const std::vector<std::string>& tasks,
                 const std::vector<std::string>& configs, const std::string& text) {
  const json spec = json::parse(text, nullptr, false);
  std::set<std::tuple<std::string, std::string, int>> begun;
  for (const auto& trial : trials) begun.emplace(trial.task, trial.config, trial.attempt);
  for (const auto& task : tasks) {
    for (const auto& config : configs) {
      for (int attempt = 1; attempt <= trials_of_task(spec, config); ++attempt) {
        if (begun.count({task, config, attempt}) != 0) continue;
        TrialSummary unbegun;
        unbegun.task = task;
        unbegun.config = config;
        unbegun.attempt = attempt;
        unbegun.turns.reset();
        unbegun.input_total = unbegun.input_hit = unbegun.output_total = 0;
        unbegun.cost_pusd = 0;
        unbegun.usd_strong = unbegun.usd_other_tries = 0;
        trials.push_back(unbegun);
      }
    }
  }
}

std::vector<std::string> Reader::config_names(const Run& run) const {
  const json spec = json::parse(run.spec, nullptr, false);
  if (!spec.is_object()) return {};
  return spec.value("configs", std::vector<std::string>{});
}

namespace {

/// What a turn did, for people: its first command's first line.
std::string first_line(const std::string& actions) {
  const json list = json::parse(actions, nullptr, false);
  if (!list.is_array() || list.empty() || !list[0].is_string()) return "no action";
  const std::string text = list[0];
  return text.substr(0, text.find('\n'));
}

}  // namespace

void Reader::find_turns(std::vector<Flip>& flips) const {
  for (auto& flip : flips) {
    if (flip.base_trial.empty() || flip.fresh_trial.empty()) continue;
    const auto base = turns(flip.base_trial);
    const auto fresh = turns(flip.fresh_trial);
    const std::size_t least = std::min(base.size(), fresh.size());
    std::size_t i = 0;
    while (i < least && base[i].actions == fresh[i].actions) ++i;
    if (i == base.size() && i == fresh.size()) continue;  // the same all along, graded otherwise
    flip.turn = static_cast<int>(i) + 1;
    flip.base_action = i < base.size() ? first_line(base[i].actions) : "had ended";
    flip.fresh_action = i < fresh.size() ? first_line(fresh[i].actions) : "had ended";
  }
}

Arm Reader::arm(const Run& run, const std::string& config, const std::string& label) const {
  auto all = arms(run);
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Arm& each) { return each.config.config == config; });
  if (found == all.end()) {
    const std::vector<std::string> names = config_names(run);
    throw UserError(fmt::format("run {} \"{}\" has no config \"{}\"{}; it has: {}",
                                run.id.substr(0, 12), run.name, config, did_you_mean(config, names),
                                fmt::join(names, ", ")));
  }
  found->label = label;
  return std::move(*found);
}

std::vector<Arm> Reader::arms(const Run& run) const {
  struct TaskFacts {
    std::string suite;
    std::string difficulty;
  };
  std::vector<std::string> task_ids;
  std::map<std::string, std::string> digests;
  std::map<std::string, TaskFacts> facts;
  auto task =
      state_->prepare("SELECT task, sha256, suite, difficulty FROM task WHERE run = ?", run.id);
  while (task.executeStep()) {
    task_ids.push_back(task.getColumn(0).getString());
    digests[task_ids.back()] = task.getColumn(1).getString();
    facts[task_ids.back()] = {task.getColumn(2).getString(), task.getColumn(3).getString()};
  }
  const auto rows = configs(run.id);
  std::vector<Arm> arms;
  std::map<std::string, std::size_t> place;
  std::vector<std::string> names;
  for (const auto& name : config_names(run)) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const ConfigRow& each) { return each.config == name; });
    if (row == rows.end()) continue;
    place[name] = arms.size();
    names.push_back(name);
    arms.push_back({.run = run, .config = *row, .label = name, .tasks = digests});
  }
  auto all = trials(run.id);
  if (run.source.empty()) add_unbegun(all, task_ids, names, run.spec);
  for (auto& trial : all) {
    const auto at = place.find(trial.config);
    if (trial.suite.empty()) {  // never begun: its task is known all the same
      trial.suite = facts[trial.task].suite;
      trial.difficulty = facts[trial.task].difficulty;
      trial.task_sha256 = digests[trial.task];
    }
    if (at != place.end()) arms[at->second].trials.push_back(std::move(trial));
  }
  RunSums sums = this->sums(run);
  for (auto& [config, routes] : sums.routes) {
    const auto at = place.find(config);
    if (at != place.end()) arms[at->second].routes = std::move(routes);
  }
  for (auto& context : sums.contexts) {
    const auto at = place.find(context.config);
    if (at == place.end()) continue;
    auto& served = arms[at->second].served;
    if (!context.model.empty() &&
        std::find(served.begin(), served.end(), context.model) == served.end()) {
      served.push_back(context.model);
    }
    arms[at->second].contexts.push_back(std::move(context));
  }
  for (auto& arm : arms) std::sort(arm.served.begin(), arm.served.end());
  return arms;
}

Arm Reader::at_prices_of(const Arm& arm, const Run& other) const {
  Arm repriced = arm;
  if (!arm.run.source.empty() || !other.source.empty()) {  // nobody knows their calls
    for (auto& trial : repriced.trials) trial.cost_pusd.reset();
    return repriced;
  }
  const PriceBook book =
      PriceBook::parse(price_book(other.price_book_sha256), "the run's price book")
          .viewed(stored_view(other.facts));
  // Whole weeks back, so that peak hours stay peak hours.
  const auto week = std::chrono::hours(24 * 7);
  const auto apart = arm.run.started_at - other.started_at;
  const bool same_day = std::chrono::abs(apart) < std::chrono::hours(24);
  const auto weeks = same_day ? 0 : (apart + week - milliseconds(1)) / week;
  std::vector<BilledCall> calls = billed_calls(arm.run.id);
  std::erase_if(calls, [](const BilledCall& call) { return !call.counted || call.replayed; });
  const bool virtual_time = arm.config.simulated;  // already the same in both
  for (auto& call : calls) {
    if (!virtual_time) call.at -= weeks * week;
  }
  const auto costs = cache_costs_by_trial(calls, book);
  for (auto& trial : repriced.trials) {
    const auto cost = costs.find(trial.trial);
    if (cost != costs.end()) trial.cost_pusd = cost->second.billed.whole();
  }
  return repriced;
}

}  // namespace weir
