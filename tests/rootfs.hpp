#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

/// Makes a root file system of the host's own programs (names in /usr/bin or /bin) with the
/// libraries they load, users root and agent, and an empty /app. Throws InfraError.
void make_rootfs(const std::filesystem::path& folder, const std::vector<std::string>& programs);

}  // namespace weir
