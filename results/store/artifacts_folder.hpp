#pragma once

#include <filesystem>
#include <string>

namespace weir {

/// Where the artifacts of a run lie: beside the database, since files of any size are none of
/// its business. Absolute.
[[nodiscard]] inline std::filesystem::path artifacts_folder(const std::filesystem::path& database,
                                                            const std::string& run) {
  return std::filesystem::absolute(database.string() + ".artifacts") / run;
}

}  // namespace weir
