#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/experiment.hpp"
#include "harness/model/replay.hpp"
#include "results/store/reader.hpp"
#include "tasks/task.hpp"

namespace weir {

/// One piece of a run's work: a trial, or the trials of a threshold tree, which begin as one.
struct Job {
  const Task* task = nullptr;
  const ConfigSpec* config = nullptr;
  std::vector<Trial> trials;
  int seed_attempt = 1;        ///< attempt of the experiment: seeds are the same for a whole tree
  std::set<std::string> done = {};  ///< of the trials: have an outcome from before
  int try_number = 1;
  WrittenRows recorded = {};                  ///< of a try that is gone on with
  std::optional<CassetteTrial> cassette = {};  ///< of a replayed trial, once it begins
  bool previous_attempt_failed = false;       ///< visibly; known once the trial begins

  [[nodiscard]] const Trial& first() const { return trials.front(); }
  /// A new try of one of its trials, on its own.
  [[nodiscard]] Job again_alone(const std::string& trial, int try_number) const;
};

/// All of a run's jobs in its order: blocked by task, permuted by the seed. Equal for equal
/// arguments, so that a resumed run finds the same. `tasks` and `experiment` must outlive them.
[[nodiscard]] std::vector<Job> jobs_of(const Experiment& experiment,
                                       const std::vector<Task>& tasks, const std::string& run);

/// What is left of a job whose trials were begun before: trials without an outcome go on with
/// what they wrote down, those whose outcome is in `retry` begin a new try. Several jobs where
/// members of a tree had already gone on alone. Adds those that are over to `finished`.
[[nodiscard]] std::vector<Job> left_of(Job job, const std::map<std::string, TrialProgress>& progress,
                                       const std::set<Outcome>& retry, const Reader& reader,
                                       std::size_t& finished);

}  // namespace weir
