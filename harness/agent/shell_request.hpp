#pragma once

#include <map>
#include <string>

#include "runners/environment.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// Environment variables an agent's shells get beside the task's own.
[[nodiscard]] const std::map<std::string, std::string>& shell_environment();

/// A command of an agent's, not yet said which: the task's folder, user and variables.
[[nodiscard]] ExecRequest shell_request(const PreparedEnvironment& environment);

/// An agent's terminal, likewise: a plain bash without history, whose prompt is its folder.
[[nodiscard]] TerminalRequest terminal_request(const PreparedEnvironment& environment);

}  // namespace weir
