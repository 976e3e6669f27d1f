#pragma once

#include <string>
#include <vector>

#include "harness/experiment.hpp"
#include "results/record.hpp"
#include "tasks/task.hpp"

namespace weir {

// An experiment as the rows a run begins with. Pure.

/// The run itself: identity, seed, spec and its digest. Times, facts and the
/// price book are the caller's to fill in.
[[nodiscard]] Run run_row(const std::string& id, const Experiment& experiment,
                          const std::vector<Task>& tasks);

/// One row per arm, with its models, policy and digests.
[[nodiscard]] std::vector<ConfigRow> config_rows(const std::string& run,
                                                 const Experiment& experiment);

[[nodiscard]] std::vector<TaskRow> task_rows(const std::string& run,
                                             const std::vector<Task>& tasks);

/// What bounds a trial, and what its box has: arms under others are not compared.
[[nodiscard]] nlohmann::json limit_facts(const Experiment& experiment);
[[nodiscard]] nlohmann::json resource_facts(const Experiment& experiment);

}  // namespace weir
