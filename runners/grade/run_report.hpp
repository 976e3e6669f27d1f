#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runners/grade/infra_failure.hpp"

namespace weir {

/// How one instance of the data set ended.
enum class InstanceState {
  incomplete,   ///< no prediction
  empty_patch,  ///< a prediction without a patch (null or ""): never run
  resolved,
  unresolved,
  no_report,   ///< run, but no report came of it: an error
  bad_report,  ///< a report that is blank or cannot be read: completed, and an error
};

struct InstanceResult {
  std::string instance_id;
  InstanceState state = InstanceState::incomplete;
  /// failure_reason of its logs; counts only if it is unresolved or an error.
  std::optional<FailureReason> failure;
};

/// SWE-bench's report on a run (schema_version 2), in the official order of keys, ids
/// sorted. `results` has a row for every instance of the data set; `foreign_ids` are
/// predictions for instances that are not in it (they count as submitted). What only
/// a run with Docker adds (containers, images) is left out.
[[nodiscard]] nlohmann::ordered_json run_report(const std::vector<InstanceResult>& results,
                                                const std::vector<std::string>& foreign_ids = {});

}  // namespace weir
