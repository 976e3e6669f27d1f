#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/agent/visible_tests.hpp"
#include "results/quarantine.hpp"
#include "results/record.hpp"

namespace weir {

// What a validation found out about tasks: plain values and what follows from them.

/// What one reference agent scored on one task, attempt by attempt.
struct ReferenceResult {
  std::vector<Try> tries;
  [[nodiscard]] bool always(Outcome outcome) const;
  [[nodiscard]] bool never(Outcome outcome) const;
};

/// Where a task stands. `unjudged`: the machine failed, which says nothing of the task.
enum class Standing { valid, flaky, broken, unsupported, unjudged };
[[nodiscard]] std::string_view name_of(Standing standing);

struct TaskValidity {
  std::string id;
  std::string format;
  std::string sha256;
  ReferenceResult nop;
  ReferenceResult oracle;
  Standing standing = Standing::unjudged;
  std::string reason;    ///< why it is not valid
  VisibleTests visible;  ///< what policies may watch, and what of the hidden tests is in it
  bool known = false;    ///< taken from a journal
};

/// Settles where a task stands from what the reference agents scored on it: nop must never
/// pass, the oracle always.
void conclude(TaskValidity& task);

/// Several tasks that cannot be used for one reason.
struct ReasonCount {
  std::string reason;
  Standing standing = Standing::unjudged;
  std::vector<std::string> tasks;
};

/// Why tasks are not valid, most frequent first; a task with several reasons stands at each.
/// What differs between tasks only in numbers and quoted names is one reason.
[[nodiscard]] std::vector<ReasonCount> reasons(const std::vector<TaskValidity>& tasks);

[[nodiscard]] int count(const std::vector<TaskValidity>& tasks, Standing standing);

/// The flaky and broken ones, as a list that reports read.
[[nodiscard]] Quarantine quarantine_of(const std::vector<TaskValidity>& tasks, int attempts);

/// The contract's JSON form.
[[nodiscard]] nlohmann::json validity_json(const std::vector<TaskValidity>& tasks);

/// One task, whole, for a journal, and back. Reading throws UserError naming the key.
[[nodiscard]] nlohmann::json validity_row(const TaskValidity& task);
[[nodiscard]] TaskValidity read_validity_row(const nlohmann::json& row);

}  // namespace weir
