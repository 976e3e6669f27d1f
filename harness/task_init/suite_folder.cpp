#include "harness/task_init/suite_folder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/json_rows.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kRows = "instances.jsonl";
constexpr const char* kRecipes = "recipes.json";

}  // namespace

SuiteFolder::SuiteFolder(fs::path folder) : folder_(std::move(folder)) {
  if (fs::exists(folder_) && !fs::is_directory(folder_)) {
    throw UserError(fmt::format("{}: is no folder (-o FOLDER)", folder_.string()));
  }
  if (fs::exists(folder_ / kRows)) read_rows();
  if (fs::exists(folder_ / kRecipes)) read_recipes();
}

void SuiteFolder::read_rows() {
  const fs::path file = folder_ / kRows;
  const std::string text = read_file(file);
  const JsonRows rows = cut_json_rows(text);
  if (rows.shape == JsonRows::Shape::array || !rows.defect.empty()) {
    throw UserError(fmt::format("{}:{}: cannot be added to: one instance a line is expected",
                                file.string(), rows.defect.empty() ? "1" : rows.defect));
  }
  const auto& slices =
      rows.shape == JsonRows::Shape::object ? std::vector{rows.whole} : rows.slices;
  for (const auto& slice : slices) {
    try {
      if (slice.text.find('\n') != std::string_view::npos) throw UserError("is more than one line");
      const json row = parse_row(slice.text);
      rows_.emplace_back(row.is_object() ? row.value("instance_id", std::string()) : std::string(),
                         slice.text);
    } catch (const std::exception& error) {  // also an id that is no text
      throw UserError(fmt::format("{}:{}: {}", file.string(), slice.line, error.what()));
    }
  }
}

void SuiteFolder::read_recipes() {
  const fs::path file = folder_ / kRecipes;
  try {
    (void)weir::read_recipes(file);
    recipes_ = ordered_json::parse(read_file(file));
  } catch (const json::exception& error) {
    throw UserError(fmt::format("{}: {}", file.string(), error.what()));
  }
  if (!recipes_.at("instances").is_array()) {
    throw UserError(fmt::format("{}: \"instances\" must be an array", file.string()));
  }
}

bool SuiteFolder::holds(const std::string& id) const {
  return std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) { return row.first == id; });
}

fs::path SuiteFolder::repository(const std::string& name) const {
  std::string spelled = name;
  spelled.replace(spelled.find('/'), 1, "__");
  return folder_ / "repos" / spelled;
}

void SuiteFolder::put(const SwebenchInstance& instance, const Recipe& recipe) {
  auto& recipes = recipes_.at("instances");
  auto entry = ordered_json::parse(recipe_json(instance.id, recipe).dump());
  const auto old = std::find_if(recipes.begin(), recipes.end(), [&](const ordered_json& other) {
    return other.at("instance_id") == instance.id;
  });
  if (old == recipes.end()) {
    recipes.push_back(std::move(entry));
  } else {
    *old = std::move(entry);
  }
  const std::string line = write_instance(instance).dump();
  const auto row = std::find_if(rows_.begin(), rows_.end(),
                                [&](const auto& other) { return other.first == instance.id; });
  if (row == rows_.end()) {
    rows_.emplace_back(instance.id, line);
  } else {
    row->second = line;
  }
  std::string text;
  for (const auto& [id, kept] : rows_) text += kept + "\n";
  replace_file(folder_ / kRecipes, recipes_.dump(2) + "\n");
  replace_file(folder_ / kRows, text);
}

}  // namespace weir
