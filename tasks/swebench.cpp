// SWE-bench instances of any dialect: one JSON object a line, an array of them, or one.

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/swebench_dialect.hpp"
#include "tasks/swebench_task.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr const char* kTellingKeys[] = {"\"problem_statement\"", "\"fix_patch\""};

bool tells_an_instance(std::string_view text) {
  for (const std::string_view key : kTellingKeys) {
    if (text.find(key) != std::string_view::npos) return true;
  }
  return false;
}

/// Reads the rows of one file; what one has wrong becomes its task's defect.
class RowsLoader {
 public:
  RowsLoader(const fs::path& path, const SuiteSources& sources)
      : path_(path), sources_(sources), text_(read_file(path)) {}

  std::vector<Task> load() {
    JsonRows rows = cut_json_rows(text_);
    if (rows.shape == JsonRows::Shape::object) rows.slices = {rows.whole};
    for (const auto& slice : rows.slices) tasks_.push_back(load_row(slice));
    if (!rows.defect.empty()) {
      Task& task = tasks_.emplace_back();
      task.shown.id = task.defect = fmt::format("{}:{}", path_.string(), rows.defect);
    }
    return std::move(tasks_);
  }

 private:
  Task load_row(const JsonSlice& slice) {
    const std::string where = fmt::format("{}:{}", path_.string(), slice.line);
    Task task;
    task.shown.id = where;
    try {
      const json row = parse_row(slice.text);
      const SwebenchInstance instance = read_instance(row);
      const auto [first, fresh] = lines_.emplace(instance.id, slice.line);
      if (!fresh) {
        throw UserError(fmt::format("instance_id \"{}\" stands on line {} already", instance.id,
                                    first->second));
      }
      task.shown.id = instance.id;
      task = task_of(instance, sources_, row.dump(-1, ' ', false, json::error_handler_t::replace));
    } catch (const UserError& error) {
      task.defect = fmt::format("{}: {}", where, error.what());
    }
    return task;
  }

  fs::path path_;
  SwebenchSources sources_;
  std::string text_;
  std::map<std::string, int> lines_;  ///< of ids seen
  std::vector<Task> tasks_;
};

}  // namespace

bool detect_swebench(const fs::path& path) {
  if (!fs::is_regular_file(path)) return false;
  if (path.extension() == ".jsonl") return true;
  if (path.extension() != ".json") return false;
  const std::string text = read_file(path);
  const JsonRows rows = cut_json_rows(text);
  if (rows.slices.empty()) return false;
  if (rows.shape != JsonRows::Shape::object) return tells_an_instance(rows.slices.front().text);
  for (const auto& member : rows.slices) {
    if (tells_an_instance(member.key)) return true;
  }
  return false;
}

std::vector<Task> load_swebench(const fs::path& path, const SuiteSources& sources) {
  return RowsLoader(path, sources).load();
}

}  // namespace weir
