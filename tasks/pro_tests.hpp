#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/run_scripts.hpp"
#include "tasks/task.hpp"

namespace weir {

/// Lets `grading` test as SWE-bench Pro's evaluator does: run_script.sh, given the selected files,
/// and parser.py's word on both of its streams. The evaluator takes the test files from the
/// solution's commit, by the last line of before_repo_set_cmd; there is no such commit in a box,
/// so they are taken from the row's test patch, and of that nothing else. Returns where that is
/// not the same. Throws UserError where the line does anything else. Pure.
[[nodiscard]] std::vector<std::string> test_as_pro(const RunScripts& scripts,
                                                   PatchGrading& grading);

/// What `git checkout COMMIT [--] PATH...` puts in place; nullopt for any other command, and
/// where the shell would do more to its words than take quotes away. Pure.
[[nodiscard]] std::optional<std::vector<std::string>> checked_out_paths(std::string_view command);

}  // namespace weir
