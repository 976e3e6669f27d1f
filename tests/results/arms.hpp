#pragma once

#include <string>
#include <vector>

#include "results/arm.hpp"

namespace weir {

/// A task's outcomes under an arm, for tests: how many of its trials were resolved.
struct SampleTask {
  std::string task;
  int resolved = 0;
  int trials = 1;
  std::optional<Picodollars> cost_pusd = 1'000'000'000;  ///< of each trial
  int missing = 0;
};

/// An arm with these outcomes; one suite "s", digests equal to names.
inline Arm sample_arm(const std::string& label, const std::vector<SampleTask>& tasks) {
  Arm arm;
  arm.run.id = label;
  arm.run.name = label;
  arm.run.facts = "{}";
  arm.config.config = label;
  arm.label = label;
  int slot = 0;
  for (const auto& task : tasks) {
    arm.tasks[task.task] = "sha of " + task.task;
    for (int i = 0; i < task.trials + task.missing; ++i) {
      TrialSummary trial;
      trial.trial = label + "/" + task.task + "/" + std::to_string(i + 1);
      trial.suite = "s";
      trial.task = task.task;
      trial.config = label;
      trial.attempt = i + 1;
      trial.slot = slot++;
      trial.task_sha256 = arm.tasks[task.task];
      trial.outcome = i >= task.trials    ? Outcome::infra_error
                      : i < task.resolved ? Outcome::resolved
                                          : Outcome::unresolved;
      trial.turns = 10;
      trial.input_total = 1000;
      trial.output_total = 100;
      trial.cost_pusd = task.cost_pusd;
      trial.spend.add(task.cost_pusd);
      trial.model_ms = 2000;
      trial.box_ms = 500;
      trial.wall_ms = 3000;
      arm.trials.push_back(std::move(trial));
    }
  }
  return arm;
}

/// `n` tasks of one trial: of the first `base_only` only the base resolves, of the next
/// `fresh_only` only fresh, of the rest both half the time.
inline std::pair<Arm, Arm> discordant_arms(int n, int base_only, int fresh_only) {
  std::vector<SampleTask> base;
  std::vector<SampleTask> fresh;
  for (int i = 0; i < n; ++i) {
    const std::string task = "t" + std::to_string(i);
    const int both = i % 2;
    base.push_back({task, i < base_only ? 1 : i < base_only + fresh_only ? 0 : both});
    fresh.push_back({task, i < base_only ? 0 : i < base_only + fresh_only ? 1 : both});
  }
  return {sample_arm("base", base), sample_arm("fresh", fresh)};
}

}  // namespace weir
