#pragma once

#include <string>

#include "runners/grade/grader.hpp"
#include "runners/grade/named_statuses.hpp"

namespace weir {

/// What `program`, which comes with the data set, makes of what tests printed. It runs in a box of
/// its own that no submission was ever in, with the two logs as files and without a network:
///   script    in the task's environment and by its python, where the evaluator runs it too
///   function  on the host's base and by its python3, as the evaluator's own process does
/// What it cannot read is a failure, and so is whatever it says beside its output. Throws
/// InfraError where there is no Python or no such base (containers have none of the host's), and
/// Cancelled.
[[nodiscard]] NamedStatuses read_by_program(const LogProgram& program, const std::string& out,
                                            const std::string& err, const GradingRoom& room);

}  // namespace weir
