#pragma once

#include <filesystem>

namespace weir::box {

/// Fills `root` with what the environment `host` shows outside /usr: an empty
/// tree of the usual folders, the top-level links of merged /usr, and a minimal
/// /etc. Nothing of /home, /root, /var, /run or /tmp. Throws InfraError on a
/// host without merged /usr.
void build_skeleton(const std::filesystem::path& root);

/// Makes every folder below `from`, empty, below `to`. What cannot be read is
/// left out.
void copy_folders(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace weir::box
