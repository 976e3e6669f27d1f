#pragma once

#include <map>
#include <string>

#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

/// The tag on the one commit an agent starts from.
inline constexpr const char* kBaseTag = "task-base";
/// A diff larger than this is not taken.
inline constexpr std::size_t kLargestDiff = std::size_t{64} << 20;

/// Puts one commit of `repository` (or a plain folder) at `workdir` in the box
/// and makes it the only commit of a fresh git repository: no later history, no
/// remotes, no objects shared. Throws InfraError.
void place_repository(const Repository& repository, const std::string& workdir,
                      const std::map<std::string, std::string>& env, Box& box);

}  // namespace weir
