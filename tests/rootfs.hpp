#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

/// Makes a root file system of the host's own programs (names in /usr/bin or /bin) with the
/// libraries they load, users root and agent, and an empty /app. Throws InfraError.
void make_rootfs(const std::filesystem::path& folder, const std::vector<std::string>& programs);

/// Programs that a repository's grading takes, as an image of an instance would have them.
inline const std::vector<std::string> kGradingPrograms = {
    "bash",  "cat",    "chmod", "cp", "cut", "env",   "find", "git",   "grep", "head", "ls",
    "mkdir", "mktemp", "mv",    "rm", "sed", "sleep", "sort", "touch", "tr",   "wc",   "xargs"};

}  // namespace weir
