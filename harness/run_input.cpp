#include "harness/run_input.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/agent/policy_fit.hpp"
#include "harness/model/ledger.hpp"
#include "tasks/error.hpp"
#include "tasks/format.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

/// What of a policy goes back to a task's beginning, or parts from the way: a task of steps has
/// verdicts behind it by then. "" if nothing does.
std::string needs_one_step(const Policy& policy) {
  if (policy.tree) return "[explore] design = \"tree\"";
  if (policy.fork > 0) return "[explore] fork";
  if (policy.restart) return "restart = true";
  return policy.attempts ? "control attempts" : "";
}

void require_policies_for(const Task& task, const Experiment& experiment) {
  const bool steps = !task.shown.terminal.steps.empty();
  const bool services = !task.shown.services.empty();
  for (const auto& config : experiment.configs) {
    if (!config.kind->asks_models()) continue;
    const std::string of_steps = steps ? needs_one_step(config.policy) : "";
    const std::string of_services = services ? needs_state_back(config.policy) : "";
    const std::string& asked = of_steps.empty() ? of_services : of_steps;
    if (asked.empty()) continue;
    throw UserError(fmt::format(
        "task {}: has {}, on which {} of config \"{}\" is not supported; leave it out with --task",
        task.shown.id, of_steps.empty() ? "services that cannot be taken back" : "steps", asked,
        config.name));
  }
}

/// Whether turns of the config may be discarded after they were executed.
bool rolls_back(const ConfigSpec& config) {
  return config.kind->asks_models() && !config.kind->lives_on && config.policy.tiers.size() > 1 &&
         !config.policy.blind() && config.policy.redo == Redo::rollback;
}

}  // namespace

std::vector<Task> load_tasks(const Experiment& experiment) {
  std::vector<Task> tasks;
  std::set<std::string> ids;
  for (const auto& path : experiment.suites) {
    Suite suite = load_suite(path, experiment.sources);
    require_sound(suite);
    for (auto& task : suite.tasks) {
      const auto& globs = experiment.task_globs;
      const bool wanted = globs.empty() || std::any_of(globs.begin(), globs.end(), [&](auto& glob) {
                            return glob_match(glob, task.shown.id);
                          });
      if (!wanted) continue;
      if (!task.unsupported.empty()) {
        throw UserError(fmt::format("task {}: {}; leave it out with --task", task.shown.id,
                                    task.unsupported));
      }
      require_policies_for(task, experiment);
      if (!ids.insert(task.shown.id).second) {
        throw UserError(fmt::format("{}: task id \"{}\" is in another suite of the experiment too",
                                    path.string(), task.shown.id));
      }
      tasks.push_back(std::move(task));
    }
  }
  if (tasks.empty()) throw UserError("no task matches --task; `weir tasks list SUITE` lists them");
  return tasks;
}

void require_prices(const Experiment& experiment, const PriceBook& prices) {
  for (const auto& config : experiment.configs) {
    for (const auto& tier : config.tiers) {
      const ModelSpec& spec = experiment.models.at(tier);
      if (spec.provider == "replay") continue;  // costs nothing
      const PriceKey key{spec.price_host.empty() ? spec.host() : spec.price_host, spec.price_as,
                         spec.model};
      const TimePoint when = spec.provider == "simulated"
                                 ? kVirtualEpoch
                                 : std::chrono::time_point_cast<milliseconds>(
                                       std::chrono::system_clock::now());
      if (prices.worst_case(key, when, 1, 1)) continue;
      throw UserError(fmt::format(
          "a dollar limit is set, but the price book has no entry for model \"{}\" (host {}, id "
          "{}); add one, set price_as, or remove the limit",
          tier, key.host, spec.price_as.empty() ? spec.model : spec.price_as));
    }
  }
}

std::optional<milliseconds> time_limit(const Experiment& experiment, const Task& task) {
  std::optional<milliseconds> least = task.shown.limits.agent;
  for (const milliseconds limit : {experiment.limits.wall, experiment.limits.elapsed}) {
    if (limit.count() > 0) least = std::min(limit, least.value_or(limit));
  }
  return least;
}

std::vector<std::string> deviation_notes(const Experiment& experiment,
                                         const std::vector<Task>& tasks) {
  std::vector<std::string> notes;
  for (const auto& config : experiment.configs) {
    for (const auto& note : policy_deviations(*config.kind, config.policy)) {
      notes.push_back(fmt::format("{}: {}", config.name, note));
    }
  }
  const auto with_services = std::count_if(
      tasks.begin(), tasks.end(), [](const Task& task) { return !task.shown.services.empty(); });
  for (const auto& config : experiment.configs) {
    if (with_services == 0 || !rolls_back(config)) continue;
    notes.push_back(fmt::format(
        "{}: redo = \"rollback\": on the {} tasks with services an executed turn cannot be undone; "
        "where it escalates, the turn stays and the next one goes up (mode next_turn, undo none)",
        config.name, with_services));
  }
  return notes;
}

std::string describe_run(const Experiment& experiment) {
  (void)load_prices(experiment);
  const auto tasks = load_tasks(experiment);
  std::string out = fmt::format("{}: {} tasks x {} configs x {} attempts = {} trials, seed {}\n",
                                experiment.name, tasks.size(), experiment.configs.size(),
                                experiment.attempts,
                                tasks.size() * experiment.configs.size() *
                                    static_cast<std::size_t>(experiment.attempts),
                                experiment.seed);
  for (const auto& config : experiment.configs) {
    out += fmt::format("  {}: agent {}, tiers {}\n", config.name, config.agent,
                       fmt::join(config.tiers, " -> "));
  }
  for (const auto& note : deviation_notes(experiment, tasks)) out += "  " + note + "\n";
  return out;
}

}  // namespace weir
