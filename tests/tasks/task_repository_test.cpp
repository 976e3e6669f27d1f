#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/yaml_file.hpp"
#include "tests/error_of.hpp"
#include "tests/tasks/swebench_rows.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kScript = "#!/bin/bash\n: '>>>>> Start Test Output'\nt\n";

class TaskRepository : public testing::Test {
 protected:
  TaskRepository() {
    write_file(folder_ / "sweb.yaml", "datasets:\n- own/Set\n- own/Other\nsplits: [test]\n");
    add("own__r-1");
  }

  fs::path add(const std::string& id) {
    const fs::path task = folder_ / ("tasks/" + id);
    fs::create_directories(task);
    write_file(task / "task.yaml",
               "base_commit: '0123abc'\ncreated_at: 2020-01-02T03:04:05Z\ndatasets:\n- own/Set\n"
               "difficulty: <15 min fix\neval_type: pass_and_fail\nimage: own/r:1\ninstance_id: " +
                   id + "\nlog_parser: parse_log_pytest\nrepo: own/r\nsplit: test\nversion: 1.0\n");
    write_file(task / "tests.json", R"({"FAIL_TO_PASS": ["a"], "PASS_TO_PASS": ["b"]})");
    write_file(task / "problem_statement.md", "It breaks.\n");
    write_file(task / "gold.patch", kRowDiff);
    write_file(task / "test.patch", kRowDiff);
    write_file(task / "eval.sh", kScript);
    write_file(task / "Dockerfile", "FROM x\n");
    return task;
  }

  /// The defect of the one task once `file` holds `text`.
  std::string defect_with(const char* file, const std::string& text) {
    const fs::path changed = folder_ / "tasks/own__r-1" / file;
    const std::string before = read_file(changed);
    write_file(changed, text);
    const std::string defect = load_suite(folder_.path()).tasks.at(0).defect;
    write_file(changed, before);
    return defect;
  }

  TemporaryFolder folder_;
};

TEST_F(TaskRepository, IsASuite) {
  add("own__r-2");
  const Suite suite = load_suite(folder_.path());
  ASSERT_EQ(suite.tasks.size(), 2U);
  const Task& task = suite.tasks[0];
  EXPECT_EQ(task.defect, "");
  EXPECT_EQ(task.shown.id, "own__r-1");
  EXPECT_EQ(task.shown.format, "task_repository");
  EXPECT_EQ(task.shown.dialect, "swe-bench");
  EXPECT_EQ(task.shown.instruction, "It breaks.\n");
  EXPECT_EQ(task.shown.difficulty, "<15 min fix");
  EXPECT_EQ(task.shown.environment.base, "own/r:1");
  EXPECT_EQ(task.shown.environment.build_context, folder_ / "tasks/own__r-1");
  const auto& grading = std::get<PatchGrading>(task.hidden.grading);
  EXPECT_EQ(grading.test_patch, kRowDiff) << "CR LF must survive";
  EXPECT_EQ(grading.official.eval_script, kScript);
  EXPECT_EQ(grading.log_parser, "parse_log_pytest");
  EXPECT_THAT(grading.pass_to_pass, ElementsAre("b"));
  EXPECT_NE(task.sha256, suite.tasks[1].sha256);
}

TEST_F(TaskRepository, OneFolderIsASuiteToo) {
  EXPECT_EQ(load_suite(folder_ / "tasks/own__r-1").tasks.at(0).shown.id, "own__r-1");
  EXPECT_EQ(load_suite(folder_ / "tasks").tasks.size(), 1U);
}

TEST_F(TaskRepository, ARecipeWinsOverImageAndDockerfile) {
  fs::create_directories(folder_ / "repos/own__r");
  write_file(folder_ / "recipes.json",
             R"({"instances":[{"instance_id":"own__r-1","test_cmd":"t","log_parser":"pytest"}]})");
  const Task task = load_suite(folder_.path()).tasks.at(0);
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(task.shown.environment.base, "host");
  EXPECT_EQ(task.shown.environment.build_context, "");
  fs::create_directories(folder_ / "tasks/own__r-1/test_assets");
  EXPECT_THAT(load_suite(folder_.path()).tasks.at(0).unsupported, HasSubstr("test_assets"));
}

TEST_F(TaskRepository, WhatIsNotPublishedDoesNotRun) {
  const fs::path old = add("own__r-2");
  std::string metadata = read_file(old / "task.yaml");
  metadata.replace(metadata.find("split: test"), 11, "split: deprecated");
  write_file(old / "task.yaml", metadata);
  const fs::path elsewhere = add("own__r-3");
  metadata = read_file(elsewhere / "task.yaml");
  metadata.replace(metadata.find("- own/Set"), 9, "- own/Set2");
  write_file(elsewhere / "task.yaml", metadata);
  fs::create_directories(folder_ / "tasks/scratch");
  const Suite suite = load_suite(folder_.path());
  ASSERT_EQ(suite.tasks.size(), 4U);
  EXPECT_EQ(suite.tasks[1].unsupported, "split \"deprecated\" is not one that sweb.yaml publishes");
  EXPECT_EQ(suite.tasks[2].unsupported, "belongs to no data set that sweb.yaml publishes");
  EXPECT_THAT(suite.tasks[3].unsupported, HasSubstr("no task.yaml"));
}

TEST_F(TaskRepository, DefectsNameFileLineAndKey) {
  EXPECT_THAT(defect_with("task.yaml", "instance_id: own__r-1\nrepo: [a]\n"),
              HasSubstr("task.yaml:2: key \"repo\" must be a string"));
  EXPECT_THAT(defect_with("task.yaml", "instance_id: own__r-9\nrepo: a/b\nbase_commit: x\n"),
              HasSubstr("task.yaml:1: key \"instance_id\" is \"own__r-9\""));
  EXPECT_THAT(defect_with("task.yaml", "a: b\n c: d\n"), HasSubstr("task.yaml:2: not valid YAML"));
  EXPECT_THAT(defect_with("task.yaml", "a: b\na: c\n"), HasSubstr("task.yaml:2: key \"a\" stands"));
  EXPECT_THAT(defect_with("tests.json", "{"), HasSubstr("tests.json: not valid JSON"));
  EXPECT_THAT(defect_with("tests.json", "{\"FAIL_TO_PASS\": []}"),
              HasSubstr("tests.json: key \"PASS_TO_PASS\" is missing"));
  EXPECT_THAT(defect_with("tests.json", R"({"FAIL_TO_PASS": 1, "PASS_TO_PASS": []})"),
              HasSubstr("tests.json: key \"FAIL_TO_PASS\" cannot be read"));
  EXPECT_THAT(defect_with("test.patch", "diff --git a/x b/x\n@@ -1,9 +1 @@\n"),
              HasSubstr("test.patch: key \"test_patch\" cannot be read: line 2"));
  EXPECT_THAT(defect_with("gold.patch", "\xFF"), HasSubstr("gold.patch: not valid UTF-8"));
  fs::remove(folder_ / "tasks/own__r-1/eval.sh");
  EXPECT_THAT(load_suite(folder_.path()).tasks.at(0).defect, HasSubstr("eval.sh: cannot be read"));
}

TEST_F(TaskRepository, ItsConfigMustSayWhatItPublishes) {
  for (const char* text : {"splits: [test]\n", "datasets: own\n", "datasets: [[a]]\n", "- a\n"}) {
    write_file(folder_ / "sweb.yaml", text);
    EXPECT_THAT(error_of([&] { (void)load_suite(folder_.path()); }), HasSubstr("sweb.yaml"))
        << text;
  }
}

TEST(YamlFile, KeepsScalarsAsTheyStand) {
  const YamlFile file =
      YamlFile::parse("f", "a: 1.0\nb: no\nc: ~\nd: |\n  x\n  y\ne: 'q'\nf: [1]\n");
  EXPECT_EQ(file.root, nlohmann::json::parse(
                           R"({"a":"1.0","b":"no","c":null,"d":"x\ny\n","e":"q","f":["1"]})"));
  EXPECT_EQ(file.lines.at("d"), 4);
}

TEST(YamlFile, AFewBytesAreNotBillions) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const char before = static_cast<char>(c - 1);
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) text += std::string(i > 0 ? ", *" : "*") + before;
    text += "]\n";
  }
  EXPECT_THAT(error_of([&] { (void)YamlFile::parse("f", text); }), HasSubstr("more than any"));
  EXPECT_THAT(error_of([] { (void)YamlFile::parse("f", std::string(100'000, '[')); }),
              HasSubstr("f:"));
}

}  // namespace
}  // namespace weir
