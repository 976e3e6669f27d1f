#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace weir {

// Rows of our own, one in each dialect, as the data sets spell them.

inline const std::string kRowDiff =
    "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1,2 +1,2 @@\n a\r\n-b\n+c\n";

inline nlohmann::json swebench_row() {
  return {{"repo", "Own/r"},          {"instance_id", "Own__r-1"},
          {"base_commit", "0123abc"}, {"patch", kRowDiff},
          {"test_patch", kRowDiff},   {"problem_statement", "It breaks."},
          {"hints_text", "try c"},    {"created_at", "2020-01-02T03:04:05Z"},
          {"version", "1.0"},         {"FAIL_TO_PASS", R"(["t.py::a[x, \u00e9]", "t.py::b"])"},
          {"PASS_TO_PASS", "[]"},     {"environment_setup_commit", "0123abc"}};
}

inline nlohmann::json multilingual_row() {
  nlohmann::json row = swebench_row();
  row.erase("environment_setup_commit");
  row["FAIL_TO_PASS"] = {"a b", "c"};
  row["PASS_TO_PASS"] = nlohmann::json::array();
  row["image"] = "swebench/sweb.eval.x86_64.own_1776_r-1:latest";
  row["eval_script"] =
      "#!/bin/bash\nset -uxo pipefail\n: '>>>>> Start Test Output'\nt\r\n"
      ": '>>>>> End Test Output'\n";
  row["log_parser"] = "parse_log_gotest";
  row["eval_type"] = "pass_and_fail";
  return row;
}

inline nlohmann::json multimodal_row() {
  nlohmann::json row = swebench_row();
  row.erase("environment_setup_commit");
  row["image_assets"] =
      R"({"problem_statement": ["https://x/a.png"], "patch": [], "test_patch": []})";
  row["eval_type"] = "fail_only";
  return row;
}

inline nlohmann::json pro_row() {
  return {{"repo", "Own/r"},
          {"instance_id", "instance_Own__r-0123abc-vnan"},
          {"base_commit", "0123abc"},
          {"patch", kRowDiff},
          {"test_patch", kRowDiff},
          {"problem_statement", "It breaks."},
          {"requirements", "It must not."},
          {"interface", "f(x)"},
          {"repo_language", "js"},
          {"fail_to_pass", R"(["it's | a", 'b\'s "x"'])"},
          {"pass_to_pass", "[]"},
          {"selected_test_files_to_run", R"(['t/a.js', "t/b.js"])"},
          {"before_repo_set_cmd",
           "git reset --hard 0123abc\ngit clean -fd\ngit checkout 99 -- t/a.js\n"},
          {"dockerhub_tag", "own.r-Own__r-0123abc"}};
}

inline nlohmann::json rebench_row() {
  nlohmann::json row = swebench_row();
  row.erase("hints_text");
  row["created_at"] = 1609298073000;
  row["FAIL_TO_PASS"] = {"a"};
  row["PASS_TO_PASS"] = {"b"};
  row["image_name"] = "docker.io/own/r:1";
  row["interface"] = "f(x)";
  row["language"] = "c";
  row["pr_description"] = "the answer";
  row["meta"] = {{"llm_metadata", nlohmann::json::array()}};
  row["install_config"] = {{"base_image_name", "c:latest"}, {"docker_specs", nullptr},
                           {"install", {"make"}},           {"test_cmd", {"make check", "true"}},
                           {"log_parser", "parse_log_own"}, {"log_parsers", nullptr}};
  return row;
}

inline nlohmann::json smith_row() {
  return {{"instance_id", "own__r.0123abcd.func__x"},
          {"repo", "swesmith/own__r.0123abcd"},
          {"patch", kRowDiff},
          {"FAIL_TO_PASS", {"a"}},
          {"PASS_TO_PASS", {"b"}},
          {"created_at", "2025-03-21T08:23:31.701599"},
          {"image_name", "swesmith.x86_64.own__r.0123abcd"},
          {"base_commit", "0123abc"},
          {"problem_statement", "It breaks."}};
}

inline nlohmann::json live_row() {
  nlohmann::json row = swebench_row();
  row["FAIL_TO_PASS"] = {"a"};
  row["PASS_TO_PASS"] = {"b"};
  row["rebuild_cmds"] = nlohmann::json::array();
  row["test_cmds"] = {"pytest -rA"};
  row["print_cmds"] = {"cat log"};
  row["log_parser"] = "pytest";
  return row;
}

inline nlohmann::json multi_row() {
  const nlohmann::json outcomes = {{"run", "NONE"}, {"test", "FAIL"}, {"fix", "PASS"}};
  return {{"org", "own"},
          {"repo", "r"},
          {"number", 7},
          {"state", "closed"},
          {"title", "Fix it"},
          {"body", nullptr},
          {"base", {{"label", "own:main"}, {"ref", "main"}, {"sha", "0123abc"}}},
          {"resolved_issues", {{{"number", 6}, {"title", "Broken"}, {"body", "It breaks."}}}},
          {"fix_patch", kRowDiff},
          {"test_patch", kRowDiff},
          {"fixed_tests", {{"a", outcomes}, {"n", outcomes}}},
          {"f2p_tests", {{"a", outcomes}}},
          {"s2p_tests", nlohmann::json::object()},
          {"n2p_tests", {{"n", outcomes}}},
          {"p2p_tests", {{"p", outcomes}}},
          {"run_result", {{"passed_count", 1}}}};
}

}  // namespace weir
