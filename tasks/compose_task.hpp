#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tasks/task.hpp"

namespace weir {

/// What a task format says of the compose files of its tasks.
struct ComposeRules {
  std::string main;                              ///< the service in whose box the agent acts
  bool main_declared = false;                    ///< it must be in the file
  std::map<std::string, std::string> variables;  ///< of the format's own harness
  std::set<std::string> log_folders;  ///< variables' values that are mounts of that harness
  std::vector<std::string> hidden;    ///< beside the file: what no service may see
};

/// Takes what a compose file declares into a task that is read otherwise: what it sets for the
/// agent's own box, and the services beside it. What Weir cannot give becomes a deviation, or,
/// where the task would not be the same task, a reason why it is unsupported. Throws UserError
/// naming the file for what is no compose file.
void take_compose(Task& task, const std::filesystem::path& file, const ComposeRules& rules);

/// A service that collects or hands in something and is none of the task's: unsupported.
void require_services(Task& task);

}  // namespace weir
