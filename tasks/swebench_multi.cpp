// Multi-SWE-bench: pull requests with the outcomes of their tests before and after.

#include <fmt/format.h>

#include <set>

#include "tasks/patch.hpp"
#include "tasks/row_keys.hpp"
#include "tasks/swebench_dialect.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// The names in maps of tests: test -> {run, test, fix}.
std::vector<std::string> tests_of(const json& row, std::initializer_list<const char*> keys) {
  std::set<std::string> names;
  for (const char* key : keys) {
    const json& map = value_at(row, key);
    if (map.is_null()) continue;
    if (!map.is_object()) throw KeyError(key, "must be an object");
    for (const auto& [name, outcomes] : map.items()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

/// The issues that the pull request resolves: what there was to read before it.
std::string issues_of(const json& row) {
  const json& issues = value_at(row, "resolved_issues");
  if (!issues.is_null() && !issues.is_array()) {
    throw KeyError("resolved_issues", "must be a list");
  }
  std::string text;
  for (const auto& issue : issues) {
    if (!issue.is_object()) throw KeyError("resolved_issues", "must hold objects");
    if (!text.empty()) text += "\n\n";
    text += optional_text(issue, "title").value_or("") + "\n\n" +
            optional_text(issue, "body").value_or("");
  }
  if (text.empty()) throw KeyError("resolved_issues", "names no issue: nothing is asked");
  return text;
}

}  // namespace

std::string multi_id(const json& row) {
  const json& number = value_at(row, "number");
  if (!number.is_number_integer()) throw KeyError("number", "is missing or not an integer");
  return fmt::format("{}__{}-{}", required_text(row, "org"), required_text(row, "repo"),
                     number.dump());
}

SwebenchInstance read_multi_instance(const json& row) {
  SwebenchInstance instance;
  instance.dialect = &dialect_of(row);
  const std::string made = multi_id(row);
  instance.id = optional_text(row, "instance_id").value_or(made);
  if (instance.id.empty()) throw KeyError("instance_id", "is empty");
  instance.repo = required_text(row, "org") + "/" + required_text(row, "repo");
  const json& base = value_at(row, "base");
  if (!base.is_object()) throw KeyError("base", "is missing or not an object");
  instance.base_commit = required_text(base, "sha");
  if (instance.base_commit.substr(0, 1) == "-") throw KeyError("sha", "is no commit");
  instance.problem_statement = issues_of(row);
  instance.patch = required_text(row, "fix_patch");
  instance.test_patch = optional_text(row, "test_patch");
  (void)parse_patch(instance.test_patch.value_or(""));
  instance.fail_to_pass = tests_of(row, {"f2p_tests", "s2p_tests", "n2p_tests"});
  instance.pass_to_pass = tests_of(row, {"p2p_tests"});
  instance.fail_typing = instance.pass_typing = ListTyping::missing;
  instance.other = row;
  instance.other.erase("fix_patch");
  if (instance.test_patch) instance.other.erase("test_patch");
  return instance;
}

json write_multi_instance(const SwebenchInstance& instance) {
  json row = instance.other;
  row["fix_patch"] = instance.patch;
  if (instance.test_patch) row["test_patch"] = *instance.test_patch;
  return row;
}

}  // namespace weir
