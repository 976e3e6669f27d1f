#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

/// A diff larger than this is not taken.
inline constexpr std::size_t kLargestDiff = std::size_t{64} << 20;

/// Puts one commit of `repository` (or a plain folder) at `workdir` in the box
/// and makes it the only commit of a fresh git repository: no later history, no
/// remotes, no objects shared. `bug`, a diff that may be empty, is applied first. Throws
/// InfraError.
void place_repository(const Repository& repository, const std::string& workdir,
                      const std::map<std::string, std::string>& env, const std::string& bug,
                      Box& box);

/// Does the same with the repository that an image has at `workdir`: what it tracks and what
/// lies there unignored becomes the one commit, what is ignored (builds) stays as it is. With
/// `reset`, what it tracks is put back to its commit before. Returns
/// what a reader should know. Throws InfraError if there is no repository or no git.
[[nodiscard]] std::vector<std::string> settle_repository(
    const Repository& repository, const std::string& workdir,
    const std::map<std::string, std::string>& env, const std::string& bug, Box& box);

/// Files of the repository at `request`'s folder that differ from its commit, or are new or
/// ignored; of `paths` alone, if there are any. nullopt if git cannot say. The request brings
/// environment, limits and stop.
[[nodiscard]] std::optional<std::set<std::string>> unlike_base(
    Box& box, ExecRequest request, const std::vector<std::string>& paths = {});

}  // namespace weir
