#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "tasks/task.hpp"

namespace weir {

/// Where the parts of tasks that a suite does not carry are found.
struct SuiteSources {
  std::filesystem::path repos;    ///< repositories named owner__name, owner+name or owner/name
  std::filesystem::path recipes;  ///< JSON with "instances"; how to test each instance
  std::filesystem::path run_scripts = {};  ///< SWE-bench Pro's: ID/{run_script.sh,parser.py}
};

/// The one task of a folder: `read` fills it in, and what it throws is the task's defect. Its id
/// is the folder's name.
[[nodiscard]] std::vector<Task> load_folder_task(const std::filesystem::path& folder,
                                                 void (*read)(const std::filesystem::path& folder,
                                                              Task& task));

/// One task format. Adding one = one new file with two functions and one line
/// in the table of format.cpp.
struct TaskFormat {
  std::string_view name;
  /// Whether the file or folder at `path` is in this format.
  bool (*detect)(const std::filesystem::path& path);
  /// The tasks at `path`. What one task has wrong becomes its `defect`.
  std::vector<Task> (*load)(const std::filesystem::path& path, const SuiteSources& sources);
};

[[nodiscard]] const std::vector<TaskFormat>& task_formats();

/// Loads the suite at `path`: a task, a file of rows, a task repository, or a folder holding
/// any of them.
/// Sources left empty default to `repos`, `recipes.json` and `run_scripts` beside the tasks.
/// Throws UserError for a missing path, an empty suite or a duplicate task id.
[[nodiscard]] Suite load_suite(const std::filesystem::path& path, SuiteSources sources = {});

/// Throws UserError with the first defect among `suite`'s tasks, if any.
void require_sound(const Suite& suite);

// The formats, each in its own file.
bool detect_swebench(const std::filesystem::path& path);
std::vector<Task> load_swebench(const std::filesystem::path& path, const SuiteSources& sources);
bool detect_task_repository(const std::filesystem::path& path);
std::vector<Task> load_task_repository(const std::filesystem::path& path,
                                       const SuiteSources& sources);
bool detect_harbor(const std::filesystem::path& path);
std::vector<Task> load_harbor(const std::filesystem::path& path, const SuiteSources& sources);
bool detect_terminal_bench(const std::filesystem::path& path);
std::vector<Task> load_terminal_bench(const std::filesystem::path& path,
                                      const SuiteSources& sources);

}  // namespace weir
