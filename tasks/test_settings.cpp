#include "tasks/test_settings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tasks/config_file.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string_view name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// A header stands at the begin of its line. Which ones pytest takes ("tool:pytest", once
/// "pytest") is not decided here: whatever names it counts.
std::string sections_of_pytest(const std::string& text) {
  std::string kept;
  bool inside = false;
  for (const auto line : split_lines(text)) {
    if (!line.empty() && line.front() == '[')
      inside = line.find("pytest") != std::string_view::npos;
    if (inside && !trimmed(line).empty()) kept += std::string(line) + "\n";
  }
  return kept;
}

std::string pytest_table(const std::string& text) {
  const json root = ConfigFile::parse("pyproject.toml", text).root;
  const auto tool = root.find("tool");
  if (tool == root.end() || !tool->is_object() || !tool->contains("pytest")) return {};
  return tool->at("pytest").dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string runners_keys(const std::string& text) {
  const json root = json::parse(text, nullptr, false);
  if (!root.is_object()) return text;
  json kept = json::object();
  for (const char* key : {"scripts", "jest", "mocha", "ava", "vitest"}) {
    if (root.contains(key)) kept[key] = root.at(key);
  }
  return kept.empty() ? std::string() : kept.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

bool holds_test_settings(std::string_view path) {
  const std::string_view name = name_of(path);
  return std::find(std::begin(kFilesWithTestSettings), std::end(kFilesWithTestSettings), name) !=
         std::end(kFilesWithTestSettings);
}

std::string test_settings(std::string_view path, const std::string& text) {
  const std::string_view name = name_of(path);
  if (trimmed(text).empty()) return {};
  if (name == "setup.cfg") return sections_of_pytest(text);
  if (name == "package.json") return runners_keys(text);
  try {
    return pytest_table(text);
  } catch (const UserError&) {
    return text;
  }
}

}  // namespace weir
