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

/// Raises this process's limit of open files to `count`, as far as the machine
/// allows; never lowers it. Each call in flight holds a few.
void allow_open_files(int count);

/// A file of the host that an environment needs. Throws InfraError.
[[nodiscard]] std::string read_host_file(const std::filesystem::path& file);

}  // namespace weir
