#include "harness/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runners/scheduler.hpp"
#include "runners/trial.hpp"

namespace weir {
namespace {

std::vector<Slot> order_of(const Experiment& experiment, std::size_t tasks) {
  std::vector<Slot> slots =
      blocked_order(tasks, experiment.configs.size(), experiment.attempts, experiment.seed);
  std::set<std::size_t> in_order;
  for (std::size_t i = 0; i < experiment.configs.size(); ++i) {
    if (experiment.configs[i].policy.previous_attempt_failed) in_order.insert(i);
  }
  order_attempts(slots, in_order);
  return slots;
}

Trial trial_of(const Job& job, const std::string& run, int slot, int attempt) {
  Trial trial;
  trial.run = run;
  trial.suite = job.task->shown.suite;
  trial.task = job.task->shown.id;
  trial.config = job.config->name;
  trial.attempt = attempt;
  trial.slot = slot;
  trial.id = fmt::format("{}/{}/{}/{}", run, trial.task, trial.config, trial.attempt);
  return trial;
}

/// A trial for every threshold of the grid; attempts of one tree follow each other.
void add_tree(Job& job, const std::string& run, int slot, int tree) {
  const Policy& policy = job.config->policy;
  const int size = job.config->trials_per_attempt();
  for (int k = 0; k < size; ++k) {
    Trial trial = trial_of(job, run, slot, (tree - 1) * size + k + 1);
    trial.threshold = policy.grid[static_cast<std::size_t>(k)];
    trial.threshold_prob = policy.probs[static_cast<std::size_t>(k)];
    job.trials.push_back(std::move(trial));
  }
}

void add_trial(Job& job, const std::string& run, int slot, int attempt, std::uint64_t seed) {
  Trial trial = trial_of(job, run, slot, attempt);
  if (job.config->tiers.size() > 1) {
    const auto drawn =
        draw_threshold(job.config->policy, seed, trial.task + "/" + trial.config, attempt);
    trial.threshold = drawn.value;
    trial.threshold_prob = drawn.probability;
  }
  job.trials.push_back(std::move(trial));
}

void add_rows(WrittenRows& rows, WrittenRows more) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(rows.calls, more.calls);
  append(rows.turns, more.turns);
  append(rows.decisions, more.decisions);
}

bool is_over(const TrialProgress& progress) {
  return progress.finished && progress.outcome != Outcome::not_run;
}

}  // namespace

Job Job::again_alone(const std::string& trial, int number) const {
  Job alone = *this;
  std::erase_if(alone.trials, [&](const Trial& each) { return each.id != trial; });
  alone.done.clear();
  alone.try_number = number;
  alone.recorded = {};
  return alone;
}

std::vector<Job> jobs_of(const Experiment& experiment, const std::vector<Task>& tasks,
                         const std::string& run) {
  std::vector<Job> jobs;
  for (const Slot& slot : order_of(experiment, tasks.size())) {
    Job job{.task = &tasks[slot.task], .config = &experiment.configs[slot.config], .trials = {}};
    job.seed_attempt = slot.attempt;
    const int number = static_cast<int>(jobs.size());
    if (job.config->policy.tree) {
      add_tree(job, run, number, slot.attempt);
    } else {
      add_trial(job, run, number, slot.attempt, experiment.seed);
    }
    jobs.push_back(std::move(job));
  }
  return jobs;
}

std::vector<Job> left_of(Job job, const std::map<std::string, TrialProgress>& progress,
                         const std::set<Outcome>& retry, const Reader& reader,
                         std::size_t& finished) {
  std::vector<Job> left;
  std::optional<int> together;  // the try of the tree as a whole
  for (const auto& trial : job.trials) {
    const auto found = progress.find(trial.id);
    if (found == progress.end()) continue;
    together = std::min(together.value_or(found->second.try_number), found->second.try_number);
  }
  job.try_number = together.value_or(1);
  for (const auto& trial : job.trials) {
    const auto found = progress.find(trial.id);
    if (found == progress.end()) continue;
    const TrialProgress& so_far = found->second;
    if (is_over(so_far)) {
      job.done.insert(trial.id);
      // One that could not part is not begun anew: that would favour just such histories.
      const bool lost = so_far.error_class == kCannotPartClass;
      if (lost || retry.count(so_far.outcome) == 0) {
        ++finished;
      } else {
        left.push_back(job.again_alone(trial.id, so_far.try_number + 1));
      }
    } else if (so_far.try_number > job.try_number) {  // had been begun anew, alone
      job.done.insert(trial.id);
      left.push_back(job.again_alone(trial.id, so_far.try_number));
      left.back().recorded = reader.written(trial.id);
    }
  }
  if (job.done.size() == job.trials.size()) return left;
  for (const auto& trial : job.trials) {
    const auto found = progress.find(trial.id);
    const bool same_try = found != progress.end() && found->second.try_number == job.try_number;
    if (same_try) add_rows(job.recorded, reader.written(trial.id));
  }
  left.push_back(std::move(job));
  return left;
}

}  // namespace weir
