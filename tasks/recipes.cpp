#include "tasks/recipes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string with_repo(std::string text, const std::string& workdir) {
  for (const std::string_view name : {"{repo}", "<repo>"}) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.replace(at, name.size(), workdir);
    }
  }
  return text;
}

Recipe read_recipe(const json& entry) {
  Recipe recipe;
  recipe.workdir = entry.value("workdir", recipe.workdir);
  recipe.packages = entry.value("apt", std::vector<std::string>{});
  recipe.wrappers = entry.value("wrappers", std::vector<std::string>{});
  recipe.test_command = entry.at("test_cmd").get<std::string>();
  recipe.log_parser = entry.at("log_parser").get<std::string>();
  recipe.prepare = entry.value("prepare", std::string());
  recipe.visible_tests = entry.value("visible_test_cmd", std::string());
  if (const auto clock = entry.find("clock"); clock != entry.end()) {
    recipe.clock = parse_time(clock->get<std::string>());
    if (!recipe.clock) throw UserError("clock is no time like 2024-05-01T00:00:00Z");
  }
  recipe.env = entry.value("env", std::map<std::string, std::string>{});
  return in_place(std::move(recipe));
}

}  // namespace

std::map<std::string, Recipe> read_recipes(const std::filesystem::path& file) {
  std::map<std::string, Recipe> recipes;
  std::string instance = "?";
  try {
    const json document = json::parse(read_file(file));
    for (const auto& entry : document.at("instances")) {
      instance = entry.at("instance_id").get<std::string>();
      recipes[instance] = read_recipe(entry);
    }
  } catch (const json::parse_error& error) {
    throw UserError(fmt::format("{}: not valid JSON: {}", file.string(), error.what()));
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: instance {}: {}", file.string(), instance, error.what()));
  } catch (const json::exception& error) {
    throw UserError(fmt::format("{}: instance {}: {}", file.string(), instance, error.what()));
  }
  return recipes;
}

Recipe in_place(Recipe recipe) {
  recipe.test_command = with_repo(recipe.test_command, recipe.workdir);
  recipe.visible_tests = with_repo(recipe.visible_tests, recipe.workdir);
  recipe.prepare = with_repo(recipe.prepare, recipe.workdir);
  for (auto& [name, value] : recipe.env) value = with_repo(value, recipe.workdir);
  return recipe;
}

json recipe_json(const std::string& instance, const Recipe& recipe) {
  json entry = {{"instance_id", instance},
                {"apt", recipe.packages},
                {"env", recipe.env},
                {"test_cmd", recipe.test_command},
                {"workdir", recipe.workdir},
                {"log_parser", recipe.log_parser}};
  if (!recipe.wrappers.empty()) entry["wrappers"] = recipe.wrappers;
  if (!recipe.visible_tests.empty()) entry["visible_test_cmd"] = recipe.visible_tests;
  if (!recipe.prepare.empty()) entry["prepare"] = recipe.prepare;
  if (recipe.clock) entry["clock"] = format_time(*recipe.clock);
  return entry;
}

}  // namespace weir
