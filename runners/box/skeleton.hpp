#pragma once

#include <filesystem>

namespace weir::box {

/// Fills `root` with what the environment `host` shows outside /usr: an empty
/// tree of the usual folders, the top-level links of merged /usr, and a minimal
/// /etc. Nothing of /home, /root, /var, /run or /tmp. Throws InfraError on a
/// host without merged /usr.
void build_skeleton(const std::filesystem::path& root);

}  // namespace weir::box
