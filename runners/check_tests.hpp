#pragma once

#include <optional>
#include <string>

#include "runners/environment.hpp"
#include "runners/limiter.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// Runs the task's visible tests on the state `snapshot`, in a box of its own,
/// so that nothing they write reaches the agent. True if they are red (exit
/// status not 0, or not ended in time); nullopt if the check could not run.
[[nodiscard]] std::optional<bool> visible_tests_red(Sandbox& sandbox, Limiter& busy,
                                                    const SnapshotPtr& snapshot,
                                                    const std::string& command,
                                                    const PreparedEnvironment& environment,
                                                    milliseconds timeout, Deadline& deadline);

}  // namespace weir
