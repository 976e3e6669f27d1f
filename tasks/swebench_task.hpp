#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tasks/format.hpp"
#include "tasks/recipes.hpp"
#include "tasks/swebench_instance.hpp"

namespace weir {

/// What turns instances into tasks: where repositories, recipes (read once per suite) and run
/// scripts are. Throws UserError for what is not there.
struct SwebenchSources {
  explicit SwebenchSources(const SuiteSources& sources);
  std::filesystem::path repos;
  std::filesystem::path run_scripts;
  std::map<std::string, Recipe> recipes;
};

/// The task that `instance` is here. A recipe says how its tests are run: in a repository of
/// `sources`, or in the image that the row declares if there are no repositories at all; without
/// one the row says it, and they run in the image. `content` is what the task's
/// digest covers besides: the row, or the folder. Throws UserError naming a key.
[[nodiscard]] Task task_of(const SwebenchInstance& instance, const SwebenchSources& sources,
                           const std::string& content);

}  // namespace weir
