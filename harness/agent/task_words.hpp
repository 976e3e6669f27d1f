#pragma once

#include <string>

#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

// What every agent that asks models is told of its task, in the words of all of them. Pure.

/// The instruction, and where skills are, if the task brings any.
[[nodiscard]] std::string asked_of(const AgentTask& task);
/// What commands can reach: "without a network", "with a network" ...
[[nodiscard]] const char* reach_of(Network network);

}  // namespace weir
