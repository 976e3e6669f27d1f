#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/agent/visible_tests.hpp"
#include "results/record.hpp"
#include "tasks/format.hpp"

namespace weir {

struct ValidateOptions {
  std::vector<std::filesystem::path> suites;
  SuiteSources sources;
  std::string environment = "host";  ///< see EnvironmentCache
  std::vector<std::string> tasks;  ///< globs; empty = all
  int attempts = 1;
  int jobs = 0;
};

/// What one reference agent scored on one task, attempt by attempt.
struct ReferenceResult {
  std::vector<Try> tries;
  [[nodiscard]] bool always(Outcome outcome) const;
  [[nodiscard]] bool never(Outcome outcome) const;
};

struct TaskValidity {
  std::string id;
  std::string format;
  ReferenceResult nop;
  ReferenceResult oracle;
  bool valid = false;
  bool unsupported = false;
  std::string reason;  ///< why not valid, or why unsupported
  VisibleTests visible;  ///< what policies may watch, and what of the hidden tests is in it
};

/// Runs nop and oracle on every task: nop must fail, oracle must pass, each
/// time. One bad task never stops the others.
[[nodiscard]] std::vector<TaskValidity> validate(const ValidateOptions& options);

/// The contract's JSON form.
[[nodiscard]] nlohmann::json validity_json(const std::vector<TaskValidity>& tasks);

}  // namespace weir
