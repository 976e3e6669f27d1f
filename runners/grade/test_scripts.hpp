#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

/// The shell scripts among a verifier's files: those named *.sh or *.bash, those whose first line
/// names a shell, and text that may be executed and names no program. Each as text, in the order
/// of their paths; links, and files of more than 1 MiB, are passed over. None where there is no
/// such folder. Reads the host's files, never a box's.
[[nodiscard]] std::vector<std::string> shell_scripts_of(const std::filesystem::path& folder);

}  // namespace weir
