#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/experiment.hpp"
#include "results/prices.hpp"
#include "tasks/task.hpp"

namespace weir {

// What a run needs before it can begin, checked.

/// The tasks of the experiment's suites that its globs name. Throws UserError for
/// an unsound suite, an unsupported task, an id that stands twice, or none at all.
[[nodiscard]] std::vector<Task> load_tasks(const Experiment& experiment);

/// A dollar limit needs a price for every model it is to limit. Throws UserError.
void require_prices(const Experiment& experiment, const PriceBook& prices);

/// The least of what a trial of the task may take, by its own limit and the run's.
[[nodiscard]] std::optional<milliseconds> time_limit(const Experiment& experiment,
                                                     const Task& task);

/// Where configs are routed otherwise than their policies say, each "CONFIG: what".
[[nodiscard]] std::vector<std::string> deviation_notes(const Experiment& experiment,
                                                       const std::vector<Task>& tasks);

/// What a run of `experiment` would do, for --dry-run.
[[nodiscard]] std::string describe_run(const Experiment& experiment);

}  // namespace weir
