#include "tasks/swebench_dialect.hpp"

#include <algorithm>
#include <cctype>

#include "tasks/files.hpp"
#include "tasks/row_keys.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

bool has_any(const json& row, std::initializer_list<const char*> keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&row](const char* key) { return row.contains(key); });
}

bool is_multi(const json& row) {
  return row.contains("org") && row.contains("number") && row.contains("fix_patch");
}
bool is_pro(const json& row) {
  return has_any(row, {"dockerhub_tag", "before_repo_set_cmd", "selected_test_files_to_run"});
}
bool is_rebench_v2(const json& row) {
  return row.contains("install_config") && row.contains("image_name");
}
bool is_rebench(const json& row) {
  return row.contains("install_config");
}
bool is_live(const json& row) {
  return has_any(row, {"test_cmds", "print_cmds", "rebuild_cmds"});
}
bool is_multimodal(const json& row) {
  return row.contains("image_assets");
}
bool is_smith(const json& row) {
  return row.contains("image_name") && !row.contains("test_patch");
}
bool is_multilingual(const json& row) {
  return value_at(row, "FAIL_TO_PASS").is_array() && value_at(row, "PASS_TO_PASS").is_array() &&
         row.contains("version") && row.contains("hints_text") &&
         !row.contains("environment_setup_commit");
}
bool is_any(const json&) {
  return true;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// SWE-bench's rule for names of images: lower case, and no "__".
std::string image_named(const std::string& namespaced, const std::string& id) {
  std::string name = lower_case(id);
  for (auto at = name.find("__"); at != std::string::npos; at = name.find("__", at)) {
    name.replace(at, 2, "_1776_");
    at += 6;  // as Python's replace, which does not look at what it wrote
  }
  return namespaced + name + ":latest";
}

std::string declared_image(const SwebenchInstance& instance) {
  return instance.image.value_or("");
}
std::string official_image(const SwebenchInstance& instance) {
  const std::string declared = declared_image(instance);
  return declared.empty() ? image_named("swebench/sweb.eval.x86_64.", instance.id) : declared;
}
std::string live_image(const SwebenchInstance& instance) {
  const std::string declared = declared_image(instance);
  return declared.empty() ? image_named("starryzhang/sweb.eval.x86_64.", instance.id) : declared;
}
std::string pro_image(const SwebenchInstance& instance) {
  return instance.image ? "jefzda/sweap-images:" + *instance.image : "";
}

std::string multi_image(const SwebenchInstance& instance) {
  std::string name = instance.repo;
  if (const auto slash = name.find('/'); slash != std::string::npos) name.replace(slash, 1, "_m_");
  return lower_case("mswebench/" + name) + ":pr-" + value_at(instance.other, "number").dump();
}

OfficialTests no_tests(const SwebenchInstance&) {
  return {};
}
OfficialTests script_tests(const SwebenchInstance& instance) {
  OfficialTests tests;
  tests.eval_script = instance.eval_script.value_or("");
  return tests;
}
/// The last line is all that the official evaluator takes: the ones before it have been
/// run in the image already.
OfficialTests pro_tests(const SwebenchInstance& instance) {
  OfficialTests tests;
  const std::string prepare = script_text(instance.other, "before_repo_set_cmd");
  const auto lines = split_lines(trimmed(prepare));
  if (!lines.empty()) tests.prepare = std::string(lines.back());
  try {
    tests.files = parse_test_list(value_at(instance.other, "selected_test_files_to_run"));
  } catch (const UserError& error) {
    throw KeyError("selected_test_files_to_run", std::string("cannot be read: ") + error.what());
  }
  return tests;
}
OfficialTests rebench_tests(const SwebenchInstance& instance) {
  const json& config = value_at(instance.other, "install_config");
  OfficialTests tests;
  if (config.is_null()) return tests;
  if (!config.is_object()) throw KeyError("install_config", "must be an object");
  tests.run = script_text(config, "test_cmd");
  tests.parse = optional_text(config, "log_parser").value_or("");
  return tests;
}
OfficialTests live_tests(const SwebenchInstance& instance) {
  OfficialTests tests;
  tests.prepare = script_text(instance.other, "rebuild_cmds");
  tests.run = script_text(instance.other, "test_cmds");
  tests.print = script_text(instance.other, "print_cmds");
  tests.parse = instance.log_parser.value_or("");
  return tests;
}

constexpr std::string_view kRebench =
    "SWE-rebench's rows do not say which files their test command is given (--recipes FILE)";
constexpr std::string_view kSmith =
    "SWE-smith keeps its test commands in its own code, not in its rows (--recipes FILE)";
constexpr std::string_view kMulti =
    "Multi-SWE-bench keeps its build and test commands in its own code, not in its rows "
    "(--recipes FILE)";

}  // namespace

const std::vector<SwebenchDialect>& swebench_dialects() {
  constexpr auto read = read_common_instance;
  constexpr auto write = write_common_instance;
  static const std::vector<SwebenchDialect> dialects = {
      {"multi-swe-bench", is_multi, read_multi_instance, write_multi_instance, "", multi_image,
       no_tests, "", kMulti},
      {"swe-bench-pro", is_pro, read, write, "dockerhub_tag", pro_image, pro_tests, "/app", "",
       false, VerdictRule::swe_bench_pro},
      {"swe-rebench-v2", is_rebench_v2, read, write, "image_name", declared_image, rebench_tests,
       "", ""},
      {"swe-rebench", is_rebench, read, write, "docker_image", declared_image, rebench_tests,
       "/testbed", kRebench},
      {"swe-bench-live", is_live, read, write, "docker_image", live_image, live_tests, "/testbed",
       "", false, VerdictRule::swe_bench_live},
      {"swe-bench-multimodal", is_multimodal, read, write, "image", official_image, script_tests,
       "/testbed", ""},
      {"swe-smith", is_smith, read, write, "image_name", declared_image, no_tests, "/testbed",
       kSmith, true},
      {"swe-bench-multilingual", is_multilingual, read, write, "image", official_image,
       script_tests, "/testbed", ""},
      // Full, Lite and Verified, whose rows have the same columns.
      {"swe-bench", is_any, read, write, "image", official_image, script_tests, "/testbed", ""},
  };
  return dialects;
}

const SwebenchDialect& dialect_of(const json& row) {
  const auto& dialects = swebench_dialects();
  return *std::find_if(dialects.begin(), dialects.end(),
                       [&row](const SwebenchDialect& dialect) { return dialect.recognises(row); });
}

}  // namespace weir
