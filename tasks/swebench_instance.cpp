#include "tasks/swebench_instance.hpp"

#include <fmt/format.h>

#include "tasks/patch.hpp"
#include "tasks/row_keys.hpp"
#include "tasks/swebench_dialect.hpp"

namespace weir {
namespace {

using nlohmann::json;

struct OptionalColumn {
  const char* key;
  std::optional<std::string> SwebenchInstance::*member;
};

constexpr OptionalColumn kOptionalColumns[] = {
    {"test_patch", &SwebenchInstance::test_patch},
    {"difficulty", &SwebenchInstance::difficulty},
    {"requirements", &SwebenchInstance::requirements},
    {"interface", &SwebenchInstance::interface},
    {"eval_script", &SwebenchInstance::eval_script},
    {"log_parser", &SwebenchInstance::log_parser},
    {"eval_type", &SwebenchInstance::eval_type},
};

/// The key's value, which the row then no longer has.
std::string take_text(json& row, const char* key) {
  std::string text = required_text(row, key);
  row.erase(key);
  return text;
}

std::optional<std::string> take_optional(json& row, const char* key) {
  auto text = optional_text(row, key);
  if (text) row.erase(key);  // a null stays, to be written again
  return text;
}

std::vector<std::string> take_list(json& row, const char* key, ListTyping& typing) {
  const json value = value_at(row, key);
  typing = typing_of(value);
  try {
    auto ids = parse_test_list(value);
    if (typing != ListTyping::missing) row.erase(key);
    return ids;
  } catch (const UserError& error) {
    throw KeyError(key, fmt::format("cannot be read: {}", error.what()));
  }
}

/// A defect is better found now than while grading.
void check_diff(const std::string& key, const std::string& text) {
  try {
    (void)parse_patch(text);
  } catch (const UserError& error) {
    throw KeyError(key, fmt::format("cannot be read: {}", error.what()));
  }
}

void check(const SwebenchInstance& instance) {
  if (instance.id.empty()) throw KeyError("instance_id", "is empty");
  if (instance.base_commit.substr(0, 1) == "-") {
    throw KeyError("base_commit", "is no commit: it begins with \"-\"");
  }
  const std::string type = instance.eval_type.value_or("pass_and_fail");
  if (type != "pass_and_fail" && type != "fail_only") {
    throw KeyError("eval_type",
                   fmt::format("must be \"pass_and_fail\" or \"fail_only\", not \"{}\"", type));
  }
  check_diff("test_patch", instance.test_patch.value_or(""));
  if (instance.dialect->introduces_bug) check_diff("patch", instance.patch);
}

/// A column that nobody demands, under a name that is nearly its own, would be missed by
/// every grader.
void reject_misspelt(const json& row, const SwebenchInstance& instance) {
  const auto reject = [&row](const char* key) {
    if (!row.contains(key)) reject_near(row, key);
  };
  if (instance.fail_typing == ListTyping::missing) reject("FAIL_TO_PASS");
  if (instance.pass_typing == ListTyping::missing) reject("PASS_TO_PASS");
  if (!instance.test_patch) reject("test_patch");
}

}  // namespace

SwebenchInstance read_common_instance(const json& row) {
  SwebenchInstance instance;
  json rest = row;
  instance.id = take_text(rest, "instance_id");
  instance.repo = take_text(rest, "repo");
  instance.problem_statement = take_text(rest, "problem_statement");
  instance.dialect = &dialect_of(row);
  const bool smith = instance.dialect->introduces_bug;
  instance.base_commit =
      smith ? take_optional(rest, "base_commit").value_or("") : take_text(rest, "base_commit");
  instance.patch = take_optional(rest, "patch").value_or("");
  instance.lower_case_lists = !row.contains("FAIL_TO_PASS") && row.contains("fail_to_pass");
  const bool lower = instance.lower_case_lists;
  instance.fail_to_pass =
      take_list(rest, lower ? "fail_to_pass" : "FAIL_TO_PASS", instance.fail_typing);
  instance.pass_to_pass =
      take_list(rest, lower ? "pass_to_pass" : "PASS_TO_PASS", instance.pass_typing);
  for (const auto& column : kOptionalColumns) {
    instance.*column.member = take_optional(rest, column.key);
  }
  instance.image = take_optional(rest, instance.dialect->image_key);
  reject_misspelt(rest, instance);
  instance.other = std::move(rest);
  check(instance);
  return instance;
}

json write_common_instance(const SwebenchInstance& instance) {
  json row = instance.other;
  row["instance_id"] = instance.id;
  row["repo"] = instance.repo;
  row["problem_statement"] = instance.problem_statement;
  row["patch"] = instance.patch;
  if (!instance.base_commit.empty()) row["base_commit"] = instance.base_commit;
  const bool lower = instance.lower_case_lists;
  const auto write_list = [&row](const char* key, const std::vector<std::string>& ids,
                                 ListTyping typing) {
    if (typing != ListTyping::missing) row[key] = spell_test_list(ids, typing);
  };
  write_list(lower ? "fail_to_pass" : "FAIL_TO_PASS", instance.fail_to_pass, instance.fail_typing);
  write_list(lower ? "pass_to_pass" : "PASS_TO_PASS", instance.pass_to_pass, instance.pass_typing);
  for (const auto& column : kOptionalColumns) {
    if (const auto& text = instance.*column.member) row[column.key] = *text;
  }
  if (instance.image) row[instance.dialect->image_key] = *instance.image;
  return row;
}

SwebenchInstance read_instance(const json& row) {
  if (!row.is_object()) {
    throw UserError(fmt::format("an instance must be a JSON object, not {}", row.type_name()));
  }
  return dialect_of(row).read(row);
}

json write_instance(const SwebenchInstance& instance) {
  return instance.dialect->write(instance);
}

}  // namespace weir
