#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/record.hpp"
#include "results/trial_summary.hpp"

namespace weir {

/// One config of one run, with all that a comparison needs to know of it. A plain
/// value; the reader makes it.
struct Arm {
  Run run;
  ConfigRow config;
  std::string label;                 ///< CONFIG, or RUN/CONFIG where several runs are compared
  std::vector<TrialSummary> trials = {};  ///< those never begun too, as not_run
  std::vector<ContextCost> contexts = {};
  RouteSums routes = {};                     ///< empty for imported runs
  std::vector<std::string> served = {};      ///< models that answered, sorted
  std::map<std::string, std::string> tasks;  ///< task -> digest
};

/// Whether the arm is no arm but a control: gold resolves all on purpose, no action none.
[[nodiscard]] bool is_control(const Arm& arm);

/// One task under one arm: sums over its trials that are not missing data.
struct TaskTally {
  int trials = 0;
  int resolved = 0;
  int missing = 0;  ///< trials that are
  std::optional<Picodollars> cost_pusd = 0;
  std::optional<std::int64_t> turns = 0;
  std::optional<std::int64_t> tokens = 0;  ///< in and out
  std::optional<std::int64_t> model_ms = 0;
  std::optional<std::int64_t> box_ms = 0;

  [[nodiscard]] double rate() const { return trials == 0 ? 0 : double(resolved) / trials; }
};

/// One task that both arms were given.
struct TaskPair {
  std::string task;
  std::string suite;
  std::string difficulty;
  TaskTally base;
  TaskTally fresh;

  /// Both arms have an outcome.
  [[nodiscard]] bool comparable() const { return base.trials > 0 && fresh.trials > 0; }
  [[nodiscard]] double difference() const { return fresh.rate() - base.rate(); }
};

/// The tasks of both arms, with equal content, in the order of their names.
[[nodiscard]] std::vector<TaskPair> pair_tasks(const Arm& base, const Arm& fresh);

/// Tasks of equal name but other content in the two arms: never paired.
[[nodiscard]] std::vector<std::string> changed_tasks(const Arm& base, const Arm& fresh);

/// Whether the arm's trials are the thresholds of trees, which share calls and are no repeats.
[[nodiscard]] bool is_tree(const Arm& arm);
/// Whether some of its turns went on both ways: calls beside its trials' paths were paid too.
[[nodiscard]] bool has_forks(const Arm& arm);

}  // namespace weir
