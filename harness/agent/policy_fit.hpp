#pragma once

#include <string>
#include <vector>

#include "harness/agent/agent_kinds.hpp"
#include "harness/router/policy.hpp"

namespace weir {

// What a policy asks for and an agent cannot do. Pure functions.

/// Why the agent cannot be routed by the policy; "" if it can.
[[nodiscard]] std::string policy_conflict(const AgentKind& kind, const Policy& policy);

/// What of a policy needs the state of a box back in the midst of a trial, which the services
/// beside it (a task's compose file) have not: "[explore] fork". "" if nothing does.
[[nodiscard]] std::string needs_state_back(const Policy& policy);

/// Where it is routed otherwise than the policy says, in words for people.
[[nodiscard]] std::vector<std::string> policy_deviations(const AgentKind& kind,
                                                         const Policy& policy);

}  // namespace weir
