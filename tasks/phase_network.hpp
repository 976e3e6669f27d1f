#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/task.hpp"

namespace weir {

// Which network a phase of a terminal task is to have, by Harbor's rules: a step's own word
// goes before the task's for that phase, and that before the environment's. nullopt: nothing is
// declared (the format means an open network then).

/// Of the agent. `step`: of a multi-step task, else null.
[[nodiscard]] std::optional<NetworkPolicy> agent_network(const Task& task,
                                                         const AgentStep* step = nullptr);

/// Of the verifier: a separate one's environment is its own, where it declares one.
[[nodiscard]] std::optional<NetworkPolicy> verifier_network(const Task& task,
                                                            const GradedStep* step = nullptr);

/// The networks that the task declares and a run without any does not give it, a line each.
[[nodiscard]] std::vector<std::string> networks_not_given(const Task& task);

}  // namespace weir
