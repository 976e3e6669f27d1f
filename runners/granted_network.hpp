#pragma once

#include <map>
#include <optional>
#include <string>

#include "runners/sandbox.hpp"
#include "tasks/terminal_task.hpp"

namespace weir {

/// The network that a phase gets which declares `declared`, in a run that grants what tasks
/// declare. `open_one` is what an open network is here: open, or proxy. Nothing declared means
/// an open one, as the format has it; an allowlist is always the proxy's.
[[nodiscard]] PhaseNetwork granted_network(const std::optional<NetworkPolicy>& declared,
                                           Network open_one);

/// Adds what programs need to find the network to their variables.
void add_network(std::map<std::string, std::string>& env, const PhaseNetwork& network);

}  // namespace weir
