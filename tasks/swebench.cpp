// SWE-bench instances: one JSON object a line.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/patch.hpp"
#include "tasks/recipes.hpp"
#include "tasks/test_list.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

std::string required_text(const json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_string()) {
    throw UserError(fmt::format("key \"{}\" is missing or not a string", key));
  }
  return found->get<std::string>();
}

/// The first of two spellings of a key; null if neither is there.
json either(const json& row, const char* key, const char* other) {
  if (row.contains(key)) return row.at(key);
  return row.contains(other) ? row.at(other) : json();
}

/// "owner/name" below `repos` as owner__name, owner+name or owner/name, with or
/// without a `repo` folder inside; "" if none is there.
fs::path find_repository(const fs::path& repos, const std::string& name) {
  if (repos.empty()) return {};
  const auto slash = name.find('/');
  if (slash == std::string::npos) return {};
  const std::string owner = name.substr(0, slash);
  const std::string rest = name.substr(slash + 1);
  for (const auto& spelled : {owner + "__" + rest, owner + "+" + rest, name}) {
    for (const auto& suffix : {"", ".git"}) {
      const fs::path candidate = repos / (spelled + suffix);
      if (fs::is_directory(candidate / "repo")) return candidate / "repo";
      if (fs::is_directory(candidate)) return candidate;
    }
  }
  return {};
}

void apply_recipe(Task& task, PatchGrading& grading, const Recipe& recipe) {
  Environment& environment = task.shown.environment;
  environment.workdir = recipe.workdir;
  environment.env = recipe.env;
  environment.packages = recipe.packages;
  environment.wrappers = recipe.wrappers;
  grading.test_command = recipe.test_command;
  grading.log_parser = recipe.log_parser;
  if (!recipe.visible_tests.empty()) task.shown.visible_tests = recipe.visible_tests;
}

std::string digest_of(const json& row, const Recipe* recipe, const fs::path& source) {
  Digest digest;
  digest.add(row.dump(-1, ' ', false, json::error_handler_t::replace));
  if (recipe != nullptr) {
    digest.add(recipe->test_command).add(recipe->log_parser).add(recipe->visible_tests);
    digest.add(recipe->workdir);
    for (const auto& package : recipe->packages) digest.add(package);
    for (const auto& wrapper : recipe->wrappers) digest.add(wrapper);
    for (const auto& [name, value] : recipe->env) digest.add(name).add(value);
  }
  const bool plain = !source.empty() && !fs::exists(source / ".git") && !fs::exists(source / "HEAD");
  if (plain) digest.add(folder_digest(source));
  return digest.hex();
}

Task read_instance(const json& row, const std::map<std::string, Recipe>& recipes,
                   const SuiteSources& sources) {
  Task task;
  AgentTask& shown = task.shown;
  shown.id = required_text(row, "instance_id");
  shown.instruction = required_text(row, "problem_statement");
  shown.difficulty = row.value("difficulty", std::string());
  shown.deliverable = Deliverable::patch;
  shown.environment.workdir = "/testbed";

  const std::string repo = required_text(row, "repo");
  const fs::path source = find_repository(sources.repos, repo);
  shown.environment.repository = Repository{repo, required_text(row, "base_commit"), source};

  PatchGrading grading;
  grading.base_commit = shown.environment.repository->commit;
  grading.test_patch = row.value("test_patch", std::string());
  grading.fail_to_pass = parse_test_list(either(row, "FAIL_TO_PASS", "fail_to_pass"));
  grading.pass_to_pass = parse_test_list(either(row, "PASS_TO_PASS", "pass_to_pass"));
  task.hidden.gold_patch = row.value("patch", std::string());
  (void)parse_patch(grading.test_patch);  // a defect is better found now than while grading
  if (grading.fail_to_pass.empty()) {
    task.unsupported = "FAIL_TO_PASS is empty: any diff would count as a solution";
  }

  const auto recipe = recipes.find(shown.id);
  if (recipe == recipes.end()) {
    task.unsupported = "no recipe says how to run its tests (--recipes FILE)";
  } else {
    apply_recipe(task, grading, recipe->second);
  }
  if (source.empty()) {
    task.unsupported = fmt::format("repository {} not found (--repos DIR)", repo);
  }
  task.sha256 = digest_of(row, recipe == recipes.end() ? nullptr : &recipe->second, source);
  task.hidden.grading = std::move(grading);
  return task;
}

}  // namespace

bool detect_swebench(const fs::path& path) {
  return path.extension() == ".jsonl" && fs::is_regular_file(path);
}

std::vector<Task> load_swebench(const fs::path& path, const SuiteSources& sources) {
  const auto recipes =
      sources.recipes.empty() ? std::map<std::string, Recipe>{} : read_recipes(sources.recipes);
  const std::string text = read_file(path);
  std::vector<Task> tasks;
  int number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (trimmed(line).empty()) continue;
    const std::string where = fmt::format("{}:{}", path.string(), number);
    Task task;
    try {
      const json row = json::parse(line);
      if (!row.is_object()) throw UserError("not a JSON object");
      task.shown.id = row.value("instance_id", where);
      task = read_instance(row, recipes, sources);
    } catch (const json::exception& error) {
      task.defect = fmt::format("{}: {}", where, error.what());
    } catch (const UserError& error) {
      task.defect = fmt::format("{}: {}", where, error.what());
    }
    if (task.shown.id.empty()) task.shown.id = where;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace weir
