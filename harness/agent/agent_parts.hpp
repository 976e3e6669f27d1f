#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/agent/bash_agent.hpp"

namespace weir {

/// The same parts, in the environment of a task's next step.
[[nodiscard]] BashAgentParts handed_over(BashAgentParts&& from,
                                         const PreparedEnvironment& environment);

/// What an external policy is told of the trial before its first turn.
[[nodiscard]] nlohmann::json brief_of(const BashAgentParts& parts, const AgentTask& task);

}  // namespace weir
