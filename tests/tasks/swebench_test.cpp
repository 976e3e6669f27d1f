#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/json_rows.hpp"
#include "tasks/swebench_dialect.hpp"
#include "tests/error_of.hpp"
#include "tests/tasks/swebench_rows.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::map<std::string, json>& own_rows() {
  static const std::map<std::string, json> rows = {{"swe-bench", swebench_row()},
                                                   {"swe-bench-multilingual", multilingual_row()},
                                                   {"swe-bench-multimodal", multimodal_row()},
                                                   {"swe-bench-pro", pro_row()},
                                                   {"swe-rebench-v2", rebench_row()},
                                                   {"swe-smith", smith_row()},
                                                   {"swe-bench-live", live_row()},
                                                   {"multi-swe-bench", multi_row()}};
  return rows;
}

/// The suite of one file that holds these rows.
Suite suite_of(const std::vector<json>& rows, const TemporaryFolder& folder) {
  std::string text;
  for (const auto& row : rows) text += row.dump() + "\n";
  write_file(folder / "rows.jsonl", text);
  return load_suite(folder / "rows.jsonl");
}

Task task_from(const json& row) {
  const TemporaryFolder folder;
  return suite_of({row}, folder).tasks.at(0);
}

const PatchGrading& grading_of(const Task& task) {
  return std::get<PatchGrading>(task.hidden.grading);
}

std::string defect_of(json row, const char* key, const json& value) {
  if (value.is_discarded()) {
    row.erase(key);
  } else {
    row[key] = value;
  }
  return error_of([&] { (void)read_instance(row); });
}

TEST(Swebench, TellsTheDialectsApartAndWritesThemAgain) {
  for (const auto& [name, row] : own_rows()) {
    const SwebenchInstance instance = read_instance(row);
    EXPECT_EQ(instance.dialect->name, name);
    EXPECT_EQ(write_instance(instance), row) << name;
    const Task task = task_from(row);
    EXPECT_EQ(task.defect, "") << name;
    EXPECT_EQ(task.shown.dialect, name);
    EXPECT_EQ(task.shown.format, "swebench");
    EXPECT_THAT(grading_of(task).fail_to_pass, Not(IsEmpty())) << name;
  }
  json v1 = rebench_row();
  v1.erase("image_name");
  EXPECT_EQ(read_instance(v1).dialect->name, "swe-rebench");
}

TEST(Swebench, ImagesAreDeclaredOrFollowTheOfficialRule) {
  EXPECT_EQ(task_from(swebench_row()).shown.environment.base,
            "swebench/sweb.eval.x86_64.own_1776_r-1:latest");
  EXPECT_EQ(task_from(pro_row()).shown.environment.base,
            "jefzda/sweap-images:own.r-Own__r-0123abc");
  EXPECT_EQ(task_from(rebench_row()).shown.environment.base, "docker.io/own/r:1");
  EXPECT_EQ(task_from(live_row()).shown.environment.base,
            "starryzhang/sweb.eval.x86_64.own_1776_r-1:latest");
  EXPECT_EQ(task_from(multi_row()).shown.environment.base, "mswebench/own_m_r:pr-7");
  json bare = rebench_row();
  bare["image_name"] = nullptr;
  EXPECT_EQ(task_from(bare).shown.environment.base, "host");
}

TEST(Swebench, ARecipeWinsOverTheImage) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "repos/Own__r");
  write_file(folder / "recipes.json",
             R"({"instances":[{"instance_id":"Own__r-1","test_cmd":"t","log_parser":"pytest"}]})");
  const Task task = suite_of({multilingual_row()}, folder).tasks.at(0);
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(task.shown.environment.base, "host");
  EXPECT_THAT(task.shown.environment.deviations, IsEmpty());
  EXPECT_EQ(grading_of(task).test_command, "t");
  EXPECT_EQ(grading_of(task).log_parser, "pytest");
  EXPECT_EQ(grading_of(task).official.eval_script, multilingual_row()["eval_script"]);
}

TEST(Swebench, CarriesHowADataSetTests) {
  const Task pro = task_from(pro_row());
  EXPECT_EQ(grading_of(pro).official.prepare, "git checkout 99 -- t/a.js");
  EXPECT_THAT(grading_of(pro).official.files, ElementsAre("t/a.js", "t/b.js"));
  EXPECT_THAT(grading_of(pro).fail_to_pass, ElementsAre("it's | a", "b's \"x\""));
  EXPECT_THAT(pro.shown.instruction, HasSubstr("It must not."));
  EXPECT_THAT(pro.shown.instruction, HasSubstr("f(x)"));
  const Task rebench = task_from(rebench_row());
  EXPECT_EQ(grading_of(rebench).official.run, "make check\ntrue\n");
  EXPECT_EQ(grading_of(rebench).official.parse, "parse_log_own");
  EXPECT_EQ(grading_of(rebench).log_parser, "parse_log_own");
  EXPECT_THAT(rebench.shown.instruction, Not(HasSubstr("the answer")));
  const Task live = task_from(live_row());
  EXPECT_EQ(grading_of(live).official.print, "cat log\n");
  EXPECT_THAT(grading_of(task_from(multi_row())).fail_to_pass, ElementsAre("a", "n"));
}

TEST(Swebench, WhatARowSaysOfItsTestsIsRunInItsImage) {
  const Task task = task_from(multilingual_row());
  EXPECT_EQ(task.unsupported, "");
  EXPECT_TRUE(task.shown.environment.lives_in_image());
  EXPECT_EQ(task.shown.environment.workdir, "/testbed");
  EXPECT_EQ(grading_of(task).prepare, "#!/bin/bash\nset -uxo pipefail\n");
  EXPECT_EQ(grading_of(task).test_command, "t\r\n");
  EXPECT_TRUE(grading_of(task).prepare_places_tests);
  EXPECT_THAT(task.shown.environment.deviations, IsEmpty());

  const Task live = task_from(live_row());
  EXPECT_EQ(live.unsupported, "");
  EXPECT_EQ(grading_of(live).test_command, "pytest -rA\n");
  EXPECT_EQ(grading_of(live).print, "cat log\n");
  EXPECT_EQ(grading_of(live).log_parser, "pytest");
  EXPECT_FALSE(grading_of(live).prepare_places_tests);
  EXPECT_EQ(grading_of(live).rule, VerdictRule::swe_bench_live);
  EXPECT_FALSE(grading_of(live).log_program);
  EXPECT_THAT(live.shown.environment.deviations, IsEmpty());

  const Task rebench = task_from(rebench_row());
  EXPECT_EQ(rebench.unsupported, "");
  EXPECT_FALSE(rebench.shown.environment.workdir_declared);  // the image's own
  EXPECT_THAT(rebench.shown.environment.deviations, ElementsAre(HasSubstr("not by its own rule")));
}

TEST(Swebench, RebenchsParsersThatReadOtherwiseAreTold) {
  json row = rebench_row();
  row["install_config"]["log_parser"] = "parse_log_pytest_v2";
  EXPECT_THAT(task_from(row).shown.environment.deviations,
              Contains(HasSubstr("parse_log_pytest_v2 ends ids at their first blank")));
  row["install_config"]["log_parser"] = "parse_log_jq";
  EXPECT_THAT(task_from(row).shown.environment.deviations, SizeIs(1));
}

TEST(Swebench, AProgramOfLivesReadsItsLog) {
  json row = live_row();
  row["log_parser"] = "def parser(log):\n  return {}";
  const Task task = task_from(row);
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(grading_of(task).log_parser, "");
  ASSERT_TRUE(grading_of(task).log_program);
  EXPECT_EQ(grading_of(task).log_program->call, LogProgram::Call::function);
  EXPECT_EQ(grading_of(task).log_program->text, row["log_parser"]);
}

TEST(Swebench, WhyARowCannotBeTestedIsSaidExactly) {
  const auto why = [](json row, const char* key, const json& value) {
    row[key] = value;
    return task_from(row).unsupported;
  };
  const json none;
  EXPECT_THAT(why(swebench_row(), "x", 1), HasSubstr("does not say how to run its tests"));
  EXPECT_THAT(why(multilingual_row(), "eval_script", "t\n"),
              HasSubstr("eval_script: no line prints \">>>>> Start Test Output\""));
  EXPECT_THAT(why(multilingual_row(), "log_parser", none), HasSubstr("no log_parser"));
  EXPECT_THAT(why(live_row(), "log_parser", none), HasSubstr("names no log parser"));
  EXPECT_THAT(why(rebench_row(), "image_name", none), HasSubstr("names no image"));
  EXPECT_THAT(why(pro_row(), "x", 1), HasSubstr("--run-scripts DIR"));
  EXPECT_THAT(why(smith_row(), "x", 1), HasSubstr("not in its rows"));
  EXPECT_THAT(why(multi_row(), "x", 1), HasSubstr("not in its rows"));
  EXPECT_THAT(why(multilingual_row(), "FAIL_TO_PASS", json::array()),
              HasSubstr("FAIL_TO_PASS is empty"));
}

TEST(Swebench, ARecipeWithoutRepositoriesRunsInTheImage) {
  const TemporaryFolder folder;
  write_file(folder / "recipes.json",
             R"({"instances":[{"instance_id":"own__r.0123abcd.func__x","test_cmd":"cd {repo}; t",)"
             R"("log_parser":"pytest","workdir":"/w"}]})");
  const Task task = suite_of({smith_row()}, folder).tasks.at(0);
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(task.shown.environment.base, "swesmith.x86_64.own__r.0123abcd");
  EXPECT_TRUE(task.shown.environment.lives_in_image());
  EXPECT_EQ(task.shown.environment.workdir, "/w");
  EXPECT_EQ(grading_of(task).test_command, "cd /w; t");
  EXPECT_EQ(grading_of(task).prepare, "");
  fs::create_directories(folder / "repos");
  EXPECT_THAT(suite_of({smith_row()}, folder).tasks.at(0).unsupported,
              HasSubstr("swesmith/own__r.0123abcd not found"));
}

/// A row of Pro's whose test files are those of its test patch.
json pro_row_on(const char* file) {
  json row = pro_row();
  row["before_repo_set_cmd"] = std::string("git clean -fd\ngit checkout 99 -- ") + file + "\n";
  return row;
}

TEST(Swebench, ProsScriptsAreFoundBesideItsRows) {
  const TemporaryFolder folder;
  const fs::path scripts = folder / "run_scripts/instance_Own__r-0123abc-vnan";
  fs::create_directories(scripts);
  write_file(scripts / "run_script.sh", "run\r\n");
  write_file(scripts / "parser.py", "parse\n");
  const Task task = suite_of({pro_row_on("m.py")}, folder).tasks.at(0);
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(grading_of(task).test_command, "set -- t/a.js,t/b.js\nrun\r\n");
  EXPECT_EQ(grading_of(task).test_patch, kRowDiff);
  EXPECT_EQ(grading_of(task).log_program->text, "parse\n");
  EXPECT_EQ(grading_of(task).rule, VerdictRule::swe_bench_pro);
  EXPECT_TRUE(task.shown.environment.repository->reset);
  EXPECT_EQ(task.shown.limits.verifier, std::chrono::hours(1));
  EXPECT_THAT(task.shown.environment.deviations, IsEmpty());
  write_file(scripts / "parser.py", "another\n");
  EXPECT_NE(suite_of({pro_row_on("m.py")}, folder).tasks.at(0).sha256, task.sha256);
  const Task other = suite_of({pro_row_on("n.py")}, folder).tasks.at(0);
  EXPECT_EQ(grading_of(other).test_patch, "");
  EXPECT_THAT(other.shown.environment.deviations, ElementsAre(HasSubstr("stay the base's: n.py")));
  fs::remove(scripts / "parser.py");
  EXPECT_THAT(suite_of({pro_row_on("m.py")}, folder).tasks.at(0).unsupported,
              HasSubstr("parser.py: No such file"));
}

TEST(Swebench, ARecipeGoesBeforeProsScripts) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "run_scripts");
  write_file(folder / "recipes.json",
             R"({"instances":[{"instance_id":"instance_Own__r-0123abc-vnan","test_cmd":"t",)"
             R"("log_parser":"pytest"}]})");
  const Task task = suite_of({pro_row()}, folder).tasks.at(0);
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(grading_of(task).rule, VerdictRule::swe_bench);
  EXPECT_FALSE(grading_of(task).log_program);
  EXPECT_THAT(task.shown.environment.deviations, ElementsAre(HasSubstr("not by its own rule")));
}

TEST(Swebench, SmithsSolutionTakesItsPatchBack) {
  const Task task = task_from(smith_row());
  EXPECT_EQ(task.hidden.bug, kRowDiff);
  EXPECT_THAT(task.hidden.gold_patch, HasSubstr("\n a\r\n-c\n+b\n"));
}

TEST(Swebench, OldRowsOfFailOnlySuitesAreKnownByTheirRepository) {
  json row = swebench_row();
  EXPECT_EQ(grading_of(task_from(row)).eval_type, EvalType::pass_and_fail);
  row["repo"] = "eslint/eslint";
  EXPECT_EQ(grading_of(task_from(row)).eval_type, EvalType::fail_only);
  row["eval_type"] = "pass_and_fail";
  EXPECT_EQ(grading_of(task_from(row)).eval_type, EvalType::pass_and_fail);
}

TEST(Swebench, ImagesThatNobodySeesAreTold) {
  EXPECT_THAT(task_from(multimodal_row()).shown.environment.deviations,
              ElementsAre("images of the problem statement that are only linked: 1"));
}

TEST(Swebench, ArraysAndSingleObjectsLoadToo) {
  const TemporaryFolder folder;
  json second = swebench_row();
  second["instance_id"] = "Own__r-2";
  write_file(folder / "all.json", json::array({swebench_row(), second}).dump(1));
  EXPECT_EQ(load_suite(folder / "all.json").tasks.size(), 2U);
  write_file(folder / "one.json", swebench_row().dump(1));
  EXPECT_EQ(load_suite(folder / "one.json").tasks.at(0).shown.id, "Own__r-1");
  write_file(folder / "other.json", R"({"instances": [{"problem_statement": "p"}]})");
  EXPECT_FALSE(detect_swebench(folder / "other.json"));
  write_file(folder / "predictions.json", R"([{"instance_id": "a", "model_patch": ""}])");
  EXPECT_FALSE(detect_swebench(folder / "predictions.json"));
}

TEST(Swebench, DuplicatesNameBothLines) {
  const TemporaryFolder folder;
  const Suite suite = suite_of({swebench_row(), pro_row(), swebench_row()}, folder);
  ASSERT_EQ(suite.tasks.size(), 3U);
  EXPECT_EQ(suite.tasks[0].defect, "");
  EXPECT_THAT(suite.tasks[2].defect,
              HasSubstr("rows.jsonl:3: instance_id \"Own__r-1\" stands on line 1 already"));
  EXPECT_THROW(require_sound(suite), UserError);
}

TEST(Swebench, MalformedRowsNameTheKey) {
  const json gone = json(json::value_t::discarded);
  EXPECT_EQ(defect_of(swebench_row(), "repo", gone), "key \"repo\" is missing");
  json misspelt = swebench_row();
  misspelt["problem_statment"] = "p";
  EXPECT_EQ(defect_of(misspelt, "problem_statement", gone),
            "key \"problem_statement\" is missing; is it \"problem_statment\"?");
  misspelt = swebench_row();
  misspelt["FAIL_TO_PAS"] = "[]";
  EXPECT_EQ(defect_of(misspelt, "FAIL_TO_PASS", gone),
            "key \"FAIL_TO_PASS\" is missing; is it \"FAIL_TO_PAS\"?");
  EXPECT_EQ(defect_of(swebench_row(), "base_commit", 7),
            "key \"base_commit\" must be a string, not number");
  EXPECT_THAT(defect_of(swebench_row(), "base_commit", "--all"), HasSubstr("is no commit"));
  EXPECT_THAT(defect_of(swebench_row(), "test_patch", "@@ -1 +1 @@"), HasSubstr("no error"));
  EXPECT_THAT(defect_of(swebench_row(), "test_patch", "diff --git a/x b/x\n@@ -1,9 +1 @@\n"),
              HasSubstr("key \"test_patch\" cannot be read: line 2"));
  EXPECT_THAT(defect_of(swebench_row(), "FAIL_TO_PASS", "['a'"),
              HasSubstr("key \"FAIL_TO_PASS\" cannot be read: test list"));
  EXPECT_THAT(defect_of(swebench_row(), "eval_type", "most"), HasSubstr("key \"eval_type\""));
  EXPECT_THAT(defect_of(swebench_row(), "instance_id", ""), HasSubstr("is empty"));
  EXPECT_THAT(defect_of(multi_row(), "base", gone), HasSubstr("key \"base\""));
  EXPECT_THAT(defect_of(multi_row(), "f2p_tests", 1), HasSubstr("key \"f2p_tests\""));
  EXPECT_THAT(defect_of(multi_row(), "resolved_issues", json::array()), HasSubstr("no issue"));
  json pro = pro_row();
  pro["selected_test_files_to_run"] = "[a]";
  EXPECT_THAT(task_from(pro).defect, HasSubstr("key \"selected_test_files_to_run\""));
  json rebench = rebench_row();
  rebench["install_config"]["test_cmd"] = 1;
  EXPECT_THAT(task_from(rebench).defect, HasSubstr("key \"test_cmd\""));
}

TEST(Swebench, BrokenFilesSpareTheirSoundRows) {
  const TemporaryFolder folder;
  write_file(folder / "cut.json", "[\n" + swebench_row().dump() + ",\n{\"problem_statement\": ");
  const Suite suite = load_suite(folder / "cut.json");
  ASSERT_EQ(suite.tasks.size(), 3U);
  EXPECT_EQ(suite.tasks[0].defect, "");
  EXPECT_THAT(suite.tasks[1].defect, HasSubstr("cut.json:3: not valid JSON"));
  EXPECT_THAT(suite.tasks[2].defect, HasSubstr("cut.json:3: the array does not end"));
}

/// Every row of `file`, read and written again, is the row.
void expect_round_trip(const fs::path& file, const std::string& dialect) {
  const std::string text = read_file(file);
  int rows = 0;
  for (const auto& slice : cut_json_rows(text).slices) {
    const json row = parse_row(slice.text);
    const SwebenchInstance instance = read_instance(row);
    EXPECT_EQ(write_instance(instance), row) << file << ":" << slice.line;
    EXPECT_EQ(instance.dialect->name, dialect) << file << ":" << slice.line;
    ++rows;
  }
  EXPECT_GT(rows, 0) << file;
  for (const auto& task : load_suite(file).tasks) EXPECT_EQ(task.defect, "") << task.shown.id;
}

TEST(Swebench, EveryRealRowComesOutAsItWentIn) {
  const fs::path data = WEIR_SHARED_DATA "/swebench";
  if (!fs::exists(data)) GTEST_SKIP() << "shared data is not here";
  for (const char* file : {"verified", "lite_only", "lite_dev"}) {
    expect_round_trip(data / "instances" / (file + std::string(".jsonl")), "swe-bench");
  }
  expect_round_trip(data / "runnable/instances.jsonl", "swe-bench");
  expect_round_trip(data / "instances/multilingual.jsonl", "swe-bench-multilingual");
  expect_round_trip(data / "instances/multimodal_sample.jsonl", "swe-bench-multimodal");
  expect_round_trip(data / "formats/swe_rebench_v2_sample.json", "swe-rebench-v2");
  const json smith = parse_row(read_file(data / "formats/swe_smith_instance_sample.json"));
  const SwebenchInstance instance = read_instance(smith);
  EXPECT_EQ(write_instance(instance), smith);
  EXPECT_EQ(instance.dialect->name, "swe-smith");
  EXPECT_EQ(task_from(smith).defect, "");
}

TEST(Swebench, TheOfficialRuleNamesTheOfficialImages) {
  const fs::path data = WEIR_SHARED_DATA "/swebench/instances/verified.jsonl";
  if (!fs::exists(data)) GTEST_SKIP() << "shared data is not here";
  const std::string text = read_file(data);
  for (const auto& slice : cut_json_rows(text).slices) {
    SwebenchInstance instance = read_instance(parse_row(slice.text));
    const std::string declared = instance.image.value();
    instance.image.reset();
    EXPECT_EQ(instance.dialect->image(instance), declared);
  }
}

}  // namespace
}  // namespace weir
