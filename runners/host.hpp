#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

/// Digest of the environment `host`: installed packages with versions, and the
/// kernel release. Computed once per process.
[[nodiscard]] const std::string& host_digest();

/// Those of `packages` that Debian's package database does not list as installed.
[[nodiscard]] std::vector<std::string> missing_packages(const std::vector<std::string>& packages);

/// A file of the host that an environment needs. Throws InfraError.
[[nodiscard]] std::string read_host_file(const std::filesystem::path& file);

}  // namespace weir
