#include "results/arm.hpp"

#include <nlohmann/json.hpp>

namespace weir {
namespace {

template <typename T>
void add(std::optional<T>& sum, const std::optional<T>& value) {
  if (!sum || !value || __builtin_add_overflow(*sum, *value, &*sum)) sum.reset();
}

std::optional<std::int64_t> tokens_of(const TrialSummary& trial) {
  if (!trial.input_total || !trial.output_total) return {};
  return *trial.input_total + *trial.output_total;
}

void tally(TaskTally& sum, const TrialSummary& trial) {
  if (is_missing(trial.outcome)) {
    ++sum.missing;
    return;
  }
  ++sum.trials;
  if (trial.outcome == Outcome::resolved) ++sum.resolved;
  add(sum.cost_pusd, trial.cost_pusd);
  add(sum.turns, trial.turns);
  add(sum.tokens, tokens_of(trial));
  add(sum.model_ms, trial.model_ms);
  add(sum.box_ms, trial.box_ms);
}

}  // namespace

bool is_control(const Arm& arm) {
  return arm.config.agent == "oracle" || arm.config.agent == "nop";
}

std::vector<TaskPair> pair_tasks(const Arm& base, const Arm& fresh) {
  std::map<std::string, TaskPair> pairs;
  for (const auto& [task, digest] : base.tasks) {
    const auto other = fresh.tasks.find(task);
    if (other != fresh.tasks.end() && other->second == digest) pairs[task].task = task;
  }
  for (const auto& trial : base.trials) {
    const auto pair = pairs.find(trial.task);
    if (pair == pairs.end()) continue;
    pair->second.suite = trial.suite;
    pair->second.difficulty = trial.difficulty;
    tally(pair->second.base, trial);
  }
  for (const auto& trial : fresh.trials) {
    const auto pair = pairs.find(trial.task);
    if (pair != pairs.end()) tally(pair->second.fresh, trial);
  }
  std::vector<TaskPair> sorted;
  for (auto& [unused, pair] : pairs) sorted.push_back(std::move(pair));
  return sorted;
}

std::vector<std::string> changed_tasks(const Arm& base, const Arm& fresh) {
  std::vector<std::string> changed;
  for (const auto& [task, digest] : base.tasks) {
    const auto other = fresh.tasks.find(task);
    if (other != fresh.tasks.end() && other->second != digest) changed.push_back(task);
  }
  return changed;
}

bool is_tree(const Arm& arm) {
  const auto spec = nlohmann::json::parse(arm.run.spec, nullptr, false);
  return spec.is_object() && spec.contains("trials_per_attempt") &&
         spec["trials_per_attempt"].contains(arm.config.config);
}

bool has_forks(const Arm& arm) {
  const auto explore = arm.config.policy.find("[explore]");
  return explore != std::string::npos &&
         arm.config.policy.find("\nfork", explore) != std::string::npos;
}

}  // namespace weir
