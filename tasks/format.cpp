#include "tasks/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tasks/error.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

const TaskFormat* format_of(const fs::path& path) {
  for (const auto& format : task_formats()) {
    if (format.detect(path)) return &format;
  }
  return nullptr;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void append(Suite& suite, const TaskFormat& format, const fs::path& path,
            const SuiteSources& sources) {
  for (auto& task : format.load(path, sources)) {
    task.shown.suite = suite.name;
    task.shown.format = format.name;
    suite.tasks.push_back(std::move(task));
  }
}

void reject_duplicates(const Suite& suite) {
  std::map<std::string, int> seen;
  for (const auto& task : suite.tasks) {
    if (++seen[task.shown.id] == 2) {
      throw UserError(fmt::format(
          "{}: task id \"{}\" appears more than once; ids must be unique in a suite",
          suite.path.string(), task.shown.id));
    }
  }
}

/// "suites/first_steps/" -> "first_steps"; "x/instances.jsonl" -> "instances".
std::string suite_name(const fs::path& path) {
  const fs::path normal = fs::absolute(path).lexically_normal();
  return (normal.has_filename() ? normal : normal.parent_path()).stem().string();
}

}  // namespace

std::vector<Task> load_folder_task(const fs::path& folder,
                                   void (*read)(const fs::path& folder, Task& task)) {
  Task task;
  const fs::path normal = fs::absolute(folder).lexically_normal();
  task.shown.id = (normal.has_filename() ? normal : normal.parent_path()).filename().string();
  task.shown.deliverable = Deliverable::final_state;
  try {
    read(folder, task);
  } catch (const std::exception& error) {  // also what the file system and parsers say
    task.defect = error.what();
  }
  std::vector<Task> tasks;
  tasks.push_back(std::move(task));
  return tasks;
}

const std::vector<TaskFormat>& task_formats() {
  static const std::vector<TaskFormat> formats = {
      {"swebench", detect_swebench, load_swebench},
      {"task_repository", detect_task_repository, load_task_repository},
      {"harbor", detect_harbor, load_harbor},
      {"terminal-bench", detect_terminal_bench, load_terminal_bench},
  };
  return formats;
}

Suite load_suite(const fs::path& path, SuiteSources sources) {
  if (!fs::exists(path)) {
    throw UserError(fmt::format("{}: no such suite; give a task folder, a JSONL or JSON file, a "
                                "SWE-bench task repository, or a folder holding any of them",
                                path.string()));
  }
  Suite suite{suite_name(path), path, {}};
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  if (sources.repos.empty() && fs::is_directory(folder / "repos")) sources.repos = folder / "repos";
  if (sources.recipes.empty() && fs::exists(folder / "recipes.json")) {
    sources.recipes = folder / "recipes.json";
  }
  if (sources.run_scripts.empty() && fs::is_directory(folder / "run_scripts")) {
    sources.run_scripts = folder / "run_scripts";
  }
  if (const TaskFormat* format = format_of(path)) {
    append(suite, *format, path, sources);
  } else if (fs::is_directory(path)) {
    for (const auto& entry : entries(path)) {
      if (const TaskFormat* inner = format_of(entry)) append(suite, *inner, entry, sources);
    }
  }
  if (suite.tasks.empty()) {
    throw UserError(fmt::format("{}: holds no tasks; expected SWE-bench rows (.jsonl, .json), a "
                                "task repository (sweb.yaml) or folders with a task.toml or task.yaml",
                                path.string()));
  }
  reject_duplicates(suite);
  return suite;
}

void require_sound(const Suite& suite) {
  for (const auto& task : suite.tasks) {
    if (!task.defect.empty()) throw UserError(task.defect);
  }
}

}  // namespace weir
