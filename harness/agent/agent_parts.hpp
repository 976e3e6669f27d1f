#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/agent/model_agent.hpp"

namespace weir {

/// The same parts, in the environment of a task's next step.
[[nodiscard]] ModelAgentParts handed_over(ModelAgentParts&& from,
                                          const PreparedEnvironment& environment);

/// What an external policy is told of the trial before its first turn.
[[nodiscard]] nlohmann::json brief_of(const ModelAgentParts& parts, const AgentTask& task);

}  // namespace weir
