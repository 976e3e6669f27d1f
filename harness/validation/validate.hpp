#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/run_control.hpp"
#include "harness/validation/validity.hpp"
#include "tasks/format.hpp"

namespace weir {

struct ValidateOptions {
  std::vector<std::filesystem::path> suites;
  SuiteSources sources;
  std::string environment = "host";  ///< see EnvironmentCache
  std::vector<std::string> tasks;    ///< globs; empty = all
  int attempts = 1;
  int jobs = 0;
  std::filesystem::path journal;  ///< see ValidationJournal; "" = none
};

struct ValidatedTasks {
  std::vector<TaskValidity> tasks;  ///< in the suites' order
  std::size_t left = 0;             ///< not judged, since it was interrupted
};

/// Runs nop and oracle on every task: nop must fail, oracle must pass, each
/// time. One bad task never stops the others. Tasks that the journal knows are not run again.
/// Progress goes to stderr. A drained `control` ends it after the tasks in hand, a stopped one at
/// once. Throws UserError for suites and environments that cannot be had.
[[nodiscard]] ValidatedTasks validate(const ValidateOptions& options, const RunControl& control);

}  // namespace weir
