#pragma once

#include "results/record.hpp"
#include "results/store/writer.hpp"
#include "tasks/task.hpp"

namespace weir {

/// Audits a try that has ended, along its path, and records what was found; `strict`: one that
/// tried to bend its grading is `invalid`, whatever the grader said. Tries without a trajectory
/// (reference agents) are left alone. Safe to call from many threads.
void audit_try(const Task& task, Try& attempt, Writer& writer, bool strict);

}  // namespace weir
