#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runners/sandbox.hpp"

namespace weir {

// Programs that stand in for those which fetch packages (package_tools.sh): what the base has
// already is a no-op, what it lacks is said. They lie in a folder of their own, for as long as
// they are needed, and never in a box an agent acts in.

/// Whether a script calls one of the programs that would fetch something.
[[nodiscard]] bool fetches_packages(std::string_view script);

/// Puts the tools into `box`, in place of whatever lay there. Throws InfraError.
void bring_package_tools(Box& box);
void remove_package_tools(Box& box);

/// `env` with the tools before everything else in PATH.
[[nodiscard]] std::map<std::string, std::string> with_package_tools(
    std::map<std::string, std::string> env);

/// What the tools said in a command's output, each once, in order.
[[nodiscard]] std::vector<std::string> package_notes(std::string_view output);

}  // namespace weir
