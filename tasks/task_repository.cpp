// SWE-bench 5's task repositories: sweb.yaml, and a folder below tasks/ for each instance.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/row_keys.hpp"
#include "tasks/swebench_instance.hpp"
#include "tasks/swebench_task.hpp"
#include "tasks/text.hpp"
#include "tasks/yaml_file.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr const char* kConfig = "sweb.yaml";
constexpr const char* kMetadata = "task.yaml";
constexpr const char* kTests = "tests.json";

/// Columns of a row that are files here, their bytes kept.
struct FileColumn {
  const char* column;
  const char* file;
  bool required;
};
constexpr FileColumn kFileColumns[] = {
    {"problem_statement", "problem_statement.md", true},
    {"patch", "gold.patch", true},
    {"test_patch", "test.patch", true},
    {"eval_script", "eval.sh", true},
    {"hints_text", "hints.md", false},
};

/// What a repository says it publishes.
struct Published {
  std::set<std::string> datasets;
  std::set<std::string> splits;
};

std::set<std::string> texts_at(const json& root, const char* key, const fs::path& file) {
  std::set<std::string> texts;
  const json& list = value_at(root, key);
  if (!list.is_null() && !list.is_array()) {
    throw UserError(fmt::format("{}: key \"{}\" must be a list", file.string(), key));
  }
  for (const auto& item : list) {
    if (!item.is_string()) {
      throw UserError(fmt::format("{}: key \"{}\" must hold names", file.string(), key));
    }
    texts.insert(item.get<std::string>());
  }
  return texts;
}

Published read_config(const fs::path& file) {
  const YamlFile config = YamlFile::read(file);
  Published published{texts_at(config.root, "datasets", file),
                      texts_at(config.root, "splits", file)};
  if (published.datasets.empty()) {
    throw UserError(fmt::format("{}: key \"datasets\" names none", file.string()));
  }
  if (published.splits.empty()) published.splits = {"test"};
  return published;
}

/// One task's folder, as the row that its data set has of it.
class TaskFolder {
 public:
  explicit TaskFolder(fs::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] std::string name() const { return folder_.filename().string(); }

  Task load(const SwebenchSources& sources, const Published* published) {
    Task task;
    task.shown.id = name();
    try {
      task = read(sources, published);
    } catch (const KeyError& error) {
      task.defect = fmt::format("{}: {}", place_of(error.key), error.what());
    } catch (const UserError& error) {
      task.defect = error.what();
    }
    return task;
  }

 private:
  Task read(const SwebenchSources& sources, const Published* published) {
    metadata_ = YamlFile::read(folder_ / kMetadata);
    const json row = read_row();
    const SwebenchInstance instance = read_instance(row);
    if (instance.id != name()) {
      throw KeyError("instance_id",
                     fmt::format("is \"{}\"; the folder's name is \"{}\"", instance.id, name()));
    }
    Task task = task_of(instance, sources, folder_digest(folder_));
    auto& grading = std::get<PatchGrading>(task.hidden.grading);
    if (fs::is_directory(folder_ / "test_assets")) {
      grading.official.assets = folder_ / "test_assets";
      if (task.unsupported.empty()) {
        task.unsupported =
            "its tests need the files of test_assets/, which Weir does not place yet";
      }
    }
    // With --environment declared the image is built from here, as the official harness does it.
    if (task.shown.environment.lives_in_image() && fs::exists(folder_ / "Dockerfile")) {
      task.shown.environment.build_context = folder_;
    }
    if (published != nullptr) note_unpublished(*published, row, task);
    return task;
  }

  json read_row() {
    json row = metadata_.root;
    for (const auto& [column, file, required] : kFileColumns) {
      if (!required && !fs::exists(folder_ / file)) continue;
      row[column] = read_text(file);
    }
    const fs::path file = folder_ / kTests;
    json tests;
    try {
      tests = parse_row(read_file(file));
    } catch (const UserError& error) {
      const std::string what = error.what();
      const bool located = what.compare(0, file.string().size(), file.string()) == 0;
      throw UserError(located ? what : fmt::format("{}: {}", file.string(), what));
    }
    if (!tests.is_object()) throw UserError(fmt::format("{}: not a JSON object", file.string()));
    for (const char* key : {"FAIL_TO_PASS", "PASS_TO_PASS"}) {
      if (!tests.contains(key)) throw KeyError(key, "is missing");
      row[key] = tests.at(key);
    }
    return row;
  }

  /// JSON and prompts want UTF-8: a file that is not would be changed on its way.
  std::string read_text(const char* file) {
    std::string text = read_file(folder_ / file);
    if (to_utf8(text) != text) {
      throw UserError(fmt::format("{}: not valid UTF-8", (folder_ / file).string()));
    }
    return text;
  }

  void note_unpublished(const Published& published, const json& row, Task& task) const {
    const std::string split = optional_text(row, "split").value_or("");
    const auto datasets = texts_at(row, "datasets", folder_ / kMetadata);
    const bool listed = std::any_of(datasets.begin(), datasets.end(), [&](const std::string& name) {
      return published.datasets.count(name) > 0;
    });
    if (published.splits.count(split) == 0) {
      task.unsupported = fmt::format("split \"{}\" is not one that {} publishes", split, kConfig);
    } else if (!listed) {
      task.unsupported = fmt::format("belongs to no data set that {} publishes", kConfig);
    }
  }

  /// The file, and for metadata the line, where a key of the row stands.
  [[nodiscard]] std::string place_of(const std::string& key) const {
    for (const auto& column : kFileColumns) {
      if (key == column.column) return (folder_ / column.file).string();
    }
    if (key == "FAIL_TO_PASS" || key == "PASS_TO_PASS") return (folder_ / kTests).string();
    const auto line = metadata_.lines.find(key);
    const std::string file = (folder_ / kMetadata).string();
    return line == metadata_.lines.end() ? file : fmt::format("{}:{}", file, line->second);
  }

  fs::path folder_;
  YamlFile metadata_;
};

bool is_task_folder(const fs::path& path) {
  return fs::is_regular_file(path / kMetadata) && fs::exists(path / kTests);
}

}  // namespace

bool detect_task_repository(const fs::path& path) {
  return is_task_folder(path) ||
         (fs::is_regular_file(path / kConfig) && fs::is_directory(path / "tasks"));
}

std::vector<Task> load_task_repository(const fs::path& path, const SuiteSources& sources) {
  const SwebenchSources read(sources);
  const fs::path normal = fs::absolute(path).lexically_normal();
  const fs::path root = normal.has_filename() ? normal : normal.parent_path();
  std::vector<Task> tasks;
  if (is_task_folder(root)) {
    tasks.push_back(TaskFolder(root).load(read, nullptr));
    return tasks;
  }
  const Published published = read_config(root / kConfig);
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root / "tasks")) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    if (fs::is_regular_file(folder / kMetadata)) {
      tasks.push_back(TaskFolder(folder).load(read, &published));
      continue;
    }
    Task& stray = tasks.emplace_back();
    stray.shown.id = folder.filename().string();
    stray.unsupported = fmt::format("its folder has no {}, so it is no task", kMetadata);
  }
  return tasks;
}

}  // namespace weir
