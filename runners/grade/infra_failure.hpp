#pragma once

#include <optional>
#include <string_view>

namespace weir {

/// Who may be to blame: the environment cannot have been broken by a patch to the
/// source; in the ambiguous tier either can.
enum class FailureTier { environment, ambiguous };

struct FailureReason {
  std::string_view name;  ///< as the official reports say it: "out_of_memory"
  FailureTier tier = FailureTier::environment;
};

/// Why an instance that was not resolved failed, by the first sign in the official
/// list (SWE-bench 5.0.2) that the text holds. Advice to a reader: it never changes
/// a verdict.
[[nodiscard]] std::optional<FailureReason> failure_reason(std::string_view text);

}  // namespace weir
