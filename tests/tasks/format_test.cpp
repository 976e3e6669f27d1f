#include "tasks/format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kInstance =
    R"({"instance_id": "o__r-1", "repo": "o/r", "base_commit": "0", "problem_statement": "p",)"
    R"( "patch": "", "test_patch": "", "FAIL_TO_PASS": "[\"a\"]", "PASS_TO_PASS": ["b"]})";

TEST(Suite, LoadsTheBundledSuite) {
  const Suite suite = load_suite(WEIR_SOURCE_DIR "/tasks/suites/first_steps");
  EXPECT_EQ(suite.name, "first_steps");
  EXPECT_EQ(suite.tasks.size(), 10U);
  int patches = 0;
  for (const auto& task : suite.tasks) {
    EXPECT_EQ(task.defect, "") << task.shown.id;
    EXPECT_EQ(task.unsupported, "") << task.shown.id;
    EXPECT_EQ(task.sha256.size(), 64U);
    if (task.shown.deliverable == Deliverable::patch) ++patches;
  }
  EXPECT_EQ(patches, 5);
}

TEST(Suite, OneFolderIsASuiteToo) {
  const Suite suite = load_suite(WEIR_SOURCE_DIR "/tasks/suites/first_steps/recover-orders-csv/");
  ASSERT_EQ(suite.tasks.size(), 1U);
  EXPECT_EQ(suite.tasks[0].shown.id, "recover-orders-csv");
}

TEST(Suite, DuplicateIdsAreRefused) {
  const TemporaryFolder folder;
  write_file(folder / "a.jsonl", std::string(kInstance) + "\n");
  write_file(folder / "b.jsonl", std::string(kInstance) + "\n");
  EXPECT_THAT(error_of([&] { (void)load_suite(folder.path()); }), HasSubstr("o__r-1"));
}

TEST(Suite, ADefectNamesItsLineAndSparesTheOthers) {
  const TemporaryFolder folder;
  write_file(folder / "a.jsonl", std::string("{\"instance_id\": \"bad\"\n") + kInstance + "\n");
  const Suite suite = load_suite(folder / "a.jsonl");
  ASSERT_EQ(suite.tasks.size(), 2U);
  EXPECT_THAT(suite.tasks[0].defect, HasSubstr("a.jsonl:1"));
  EXPECT_EQ(suite.tasks[1].defect, "");
  EXPECT_THROW(require_sound(suite), UserError);
}

TEST(Swebench, WithoutATestToFixNothingIsMeasured) {
  const TemporaryFolder folder;
  std::string row = kInstance;
  row.replace(row.find("[\\\"a\\\"]"), 7, "[]");
  write_file(folder / "a.jsonl", row + "\n");
  EXPECT_THAT(load_suite(folder / "a.jsonl").tasks.at(0).unsupported,
              HasSubstr("does not say how to run its tests"));
  std::filesystem::create_directories(folder / "repos/o__r");
  write_file(folder / "recipes.json",
             R"({"instances":[{"instance_id":"o__r-1","test_cmd":"t","log_parser":"pytest"}]})");
  EXPECT_THAT(load_suite(folder / "a.jsonl").tasks.at(0).unsupported,
              HasSubstr("FAIL_TO_PASS is empty"));
}

TEST(Suite, MissingPathsAndEmptyFoldersAreErrors) {
  const TemporaryFolder folder;
  EXPECT_THROW((void)load_suite(folder / "nowhere"), UserError);
  EXPECT_THROW((void)load_suite(folder.path()), UserError);
}

TEST(Harbor, ReadsLimitsUserAndEnvironment) {
  const TemporaryFolder folder;
  const fs::path task = folder / "hello";
  for (const char* part : {"environment", "tests", "solution"}) fs::create_directories(task / part);
  write_file(task / "task.toml",
             "version = \"1.0\"\n[agent]\ntimeout_sec = 12.5\nuser = \"agent\"\n"
             "[verifier]\ntimeout_sec = 7\nenv = { A = \"b\" }\n"
             "[environment]\nmemory = \"1G\"\nworkdir = \"/w\"\n");
  write_file(task / "instruction.md", "do it\n");
  write_file(task / "tests" / "test.sh", "#!/bin/bash\n");
  write_file(task / "environment" / "Dockerfile", "FROM x\nWORKDIR /app\n");
  const Suite suite = load_suite(task);
  const Task& read = suite.tasks.at(0);
  EXPECT_EQ(read.defect, "");
  EXPECT_EQ(read.shown.limits.agent, milliseconds(12'500));
  EXPECT_EQ(read.shown.limits.memory, 1 << 30);
  EXPECT_EQ(read.shown.environment.workdir, "/w");
  EXPECT_EQ(read.shown.environment.user, "agent");
  EXPECT_EQ(std::get<RewardGrading>(read.hidden.grading).env.at("A"), "b");
}

TEST(Harbor, ABrokenTaskTomlNamesFileAndLine) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "bad");
  write_file(folder / "bad/task.toml", "[agent]\ntimeout_sec = \"soon\"\n");
  const Suite suite = load_suite(folder / "bad");
  EXPECT_THAT(suite.tasks.at(0).defect, HasSubstr("task.toml:2: [agent] timeout_sec"));
}

}  // namespace
}  // namespace weir
