#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

/// Runs nop and oracle on every task: nop must fail, oracle must pass, each
/// time. One bad task never stops the others. Tasks that the journal knows are not run again.
/// Progress goes to stderr.
[[nodiscard]] std::vector<TaskValidity> validate(const ValidateOptions& options);

}  // namespace weir
