// Task folders of the old Terminal-Bench.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/terminal_bench_yaml.hpp"
#include "tests/error_of.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kLeast = "instruction: |-\n  one\n  two\ndifficulty: easy\n";

TEST(BenchYaml, HasTheFormatsOwnDefaults) {
  const BenchTask task = read_bench_task(kLeast, "task.yaml");
  EXPECT_EQ(task.instruction, "one\ntwo");
  EXPECT_EQ(task.author_name, "unknown");
  EXPECT_EQ(task.category, "software_engineering");
  EXPECT_EQ(task.parser_name, "pytest");
  EXPECT_EQ(task.agent_timeout, 360s);
  EXPECT_EQ(task.test_timeout, 60s);
  EXPECT_FALSE(task.same_shell);
  EXPECT_TRUE(task.estimates.empty());
}

TEST(BenchYaml, ReadsEveryKey) {
  const BenchTask task = read_bench_task(
      std::string(kLeast) +
          "author_name: A B\nauthor_email: a@b\ncategory: c\ntags:\n  - x\n  - 1\n"
          "parser_name: junit\nmax_agent_timeout_sec: 900.0\nmax_test_timeout_sec: 1.5\n"
          "run_tests_in_same_shell: true\ndisable_asciinema: true\nestimated_duration_sec:\n"
          "expert_time_estimate_min: 45\njunior_time_estimate_min: 1e2\nmood: {a: [1, b]}\n",
      "task.yaml");
  EXPECT_EQ(task.author_name, "A B");
  EXPECT_THAT(task.tags, ElementsAre("x", "1"));
  EXPECT_EQ(task.parser_name, "junit");
  EXPECT_EQ(task.agent_timeout, 900s);
  EXPECT_EQ(task.test_timeout, 1500ms);
  EXPECT_TRUE(task.same_shell && task.disable_asciinema);
  EXPECT_EQ(task.estimates.size(), 2U);  // an empty key is not declared
  EXPECT_EQ(task.estimates.at("junior_time_estimate_min"), 100);
  EXPECT_THAT(task.unknown, ElementsAre("task.yaml:19: mood = {a: [1, b]}"));
}

TEST(BenchYaml, WrongValuesNameFileLineAndKey) {
  const auto error = [](const std::string& text) {
    return error_of([&] { (void)read_bench_task(text, "task.yaml"); });
  };
  EXPECT_THAT(error("difficulty: easy\n"), HasSubstr("task.yaml:1: instruction: is missing"));
  EXPECT_THAT(error("instruction: x\n"), HasSubstr("difficulty: is missing"));
  EXPECT_THAT(
      error("instruction: x\ndifficulty: hrad\n"),
      HasSubstr("task.yaml:2: difficulty: \"hrad\" is no difficulty; did you mean \"hard\"?"));
  EXPECT_THAT(error(std::string(kLeast) + "max_agent_timeout_sec: 0\n"),
              HasSubstr("task.yaml:5: max_agent_timeout_sec: must be a positive"));
  EXPECT_THAT(error(std::string(kLeast) + "tags: x\n"), HasSubstr("tags: must be a list"));
  EXPECT_THAT(error(std::string(kLeast) + "disable_asciinema: maybe\n"),
              HasSubstr("true or false"));
  EXPECT_THAT(error("a: 1\na: 2\n"), HasSubstr("task.yaml:2: a: stands twice"));
  EXPECT_THAT(error("- 1\n"), HasSubstr("must be a map"));
  EXPECT_THAT(error("a: [\n"), HasSubstr("task.yaml:"));
}

class BenchFolder : public testing::Test {
 protected:
  BenchFolder() {
    put("task.yaml", std::string(kLeast) + "max_test_timeout_sec: 30\nparser_name: pytest\n");
    put("Dockerfile", "FROM x\nWORKDIR /w\n");
    put("run-tests.sh", "pytest\n");
    put("tests/test_outputs.py", "");
    put("solution.sh", "true\n");
    put("docker-compose.yaml",
        "services:\n  client:\n    environment: [\"TEST_DIR=${T_BENCH_TEST_DIR}\", \"A=b\"]\n");
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((task_ / name).parent_path());
    write_file(task_ / name, text);
  }
  Task load() const { return load_suite(task_).tasks.at(0); }

  TemporaryFolder folder_;
  fs::path task_ = folder_ / "old";
};

TEST_F(BenchFolder, IsCarriedInTheTask) {
  const Task task = load();
  EXPECT_EQ(task.defect, "");
  EXPECT_EQ(task.shown.format, "terminal-bench");
  EXPECT_EQ(task.shown.instruction, "one\ntwo");
  EXPECT_EQ(task.shown.difficulty, "easy");
  EXPECT_EQ(task.shown.limits.agent, 360s);
  EXPECT_EQ(task.shown.limits.verifier, 30s);
  EXPECT_EQ(task.shown.environment.workdir, "/w");
  EXPECT_EQ(task.shown.environment.env.at("TEST_DIR"), "/tests");
  EXPECT_EQ(task.shown.environment.env.at("A"), "b");
  ASSERT_TRUE(task.hidden.terminal.log);
  EXPECT_EQ(task.hidden.terminal.log->parser, "pytest");
  EXPECT_EQ(task.hidden.terminal.log->tests, task_ / "tests");
  EXPECT_EQ(task.hidden.terminal.log->solution, task_ / "solution.sh");
  EXPECT_EQ(task.unsupported, "");
  EXPECT_EQ(task.sha256.size(), 64U);
}

TEST_F(BenchFolder, WhatIsMissingOrMoreIsTold) {
  put("docker-compose.yaml",
      "services:\n  client:\n    environment: [\"KEY\"]\n  db:\n    image: x\n");
  EXPECT_EQ(load().shown.services.beside.at(0).name, "db");
  EXPECT_THAT(load().unsupported, HasSubstr("KEY needs the host's KEY; none is passed on"));
  put("docker-compose.yaml", "services: {main: {image: x}}\n");
  EXPECT_THAT(load().defect, HasSubstr("has no service \"client\""));
  fs::remove(task_ / "docker-compose.yaml");
  EXPECT_EQ(load().defect, "");
  fs::remove(task_ / "run-tests.sh");
  EXPECT_THAT(load().defect, HasSubstr("run-tests.sh: is missing"));
  put("task.yaml", "instruction: x\n");
  EXPECT_THAT(load().defect, HasSubstr("task.yaml:1: difficulty: is missing"));
}

}  // namespace
}  // namespace weir
