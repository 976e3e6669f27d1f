// weir tasks init: from a small repository's history to tasks that validate.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runners/process.hpp"
#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kWrong = "def total(items):\n    return sum(items[1:])\n";
constexpr const char* kRight = "def total(items):\n    return sum(items)\n";
constexpr const char* kOldTest =
    "import unittest\n\nfrom calc import total\n\n\nclass Total(unittest.TestCase):\n"
    "    def test_nothing(self):\n        self.assertEqual(total([]), 0)\n";
constexpr const char* kShowing =
    "\n    def test_first(self):\n        self.assertEqual(total([1, 2]), 3)\n";
constexpr const char* kShaky =  // fails every other time
    "\n    def test_shaky(self):\n        import time\n"
    "        self.assertLess(time.time_ns() % 1000, 500)\n";

/// A repository of three commits: a start, a fix with tests, one that changes docs alone.
class TasksInit : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "needs root";
    git({"init", "-q", "-b", "main", repository()});
    git({"remote", "add", "origin", "git@example.org:own/calc.git"});
    commit("Start", {{"calc.py", kWrong}, {"test_calc.py", kOldTest}});
    fix_ = fix(std::string(kOldTest) + kShowing);
    docs_ = commit("Say more", {{"README.md", "Adds up.\n"}});
  }

  [[nodiscard]] std::string repository() const { return (folder_ / "calc").string(); }
  /// Relative, as people write it.
  [[nodiscard]] std::string suite() const {
    return std::filesystem::relative(folder_ / "suite").string();
  }

  std::string git(std::vector<std::string> words) const {
    std::vector<std::string> argv = {"git", "-c", "user.name=a", "-c", "user.email=a@b.c"};
    if (words.front() != "init") argv.insert(argv.end(), {"-C", repository()});
    argv.insert(argv.end(), words.begin(), words.end());
    const ProcessResult result = run_process({.argv = argv});
    EXPECT_TRUE(result.ok()) << result.err;
    return result.out.substr(0, result.out.find('\n'));
  }

  std::string commit(const std::string& message,
                     const std::vector<std::pair<std::string, std::string>>& files) const {
    for (const auto& [name, text] : files) write_file(folder_ / "calc" / name, text);
    git({"add", "-A"});
    git({"commit", "-q", "-m", message});
    return git({"rev-parse", "HEAD"});
  }

  std::string fix(const std::string& tests) const {
    return commit("total() forgets the first item\n\nIt should count.\n\nSigned-off-by: A <a@b.c>",
                  {{"calc.py", kRight}, {"test_calc.py", tests}});
  }

  Ran init(std::vector<std::string> more) const {
    std::vector<std::string> words = {
        "tasks", "init",  "--repo",     repository(),
        "-o",    suite(), "--test-cmd", "python3 -m unittest -v {files}"};
    words.insert(words.end(), more.begin(), more.end());
    return run_weir(words);
  }

  TemporaryFolder folder_;
  std::string fix_;
  std::string docs_;
};

TEST_F(TasksInit, AFixBecomesATaskAndAFlakyTestIsNoPartOfIt) {
  git({"reset", "-q", "--hard", "HEAD~2"});
  fix_ = fix(std::string(kOldTest) + kShowing + kShaky);
  // Six runs before and six after: what fails every other time is the same in all of each
  // once in a thousand times.
  const Ran ran = init({"--from-git", fix_, "--from-git", docs_, "--attempts", "6", "--json"});
  ASSERT_EQ(ran.exit_code, 1) << ran.err;  // the docs are no task
  const json said = json::parse(ran.out);
  EXPECT_EQ(said.at("valid"), 1);
  EXPECT_EQ(said.at("refused"), 1);
  const json& task = said.at("tasks").at(0);
  const std::string id = "own__calc-" + fix_.substr(0, 8);
  EXPECT_EQ(task.at("id"), id);
  EXPECT_EQ(task.at("valid"), true) << ran.err;
  EXPECT_THAT(task.at("fail_to_pass"), ElementsAre("test_first (test_calc.Total.test_first)"));
  EXPECT_THAT(task.at("pass_to_pass"), ElementsAre("test_nothing (test_calc.Total.test_nothing)"));
  EXPECT_THAT(task.at("flaky"), Contains("test_shaky (test_calc.Total.test_shaky)"));
  EXPECT_THAT(said.at("tasks").at(1).at("refused").get<std::string>(),
              HasSubstr("changes no tests"));

  const json row = json::parse(read_file(folder_ / "suite" / "instances.jsonl"));
  EXPECT_EQ(row.at("problem_statement"), "total() forgets the first item\n\nIt should count.");
  EXPECT_THAT(row.at("patch").get<std::string>(), Not(HasSubstr("test_calc")));
  EXPECT_THAT(row.at("test_patch").get<std::string>(), Not(HasSubstr("a/calc.py")));

  const Ran validated = run_weir({"validate", suite()});
  EXPECT_EQ(validated.exit_code, 0) << validated.out << validated.err;
  EXPECT_THAT(validated.out, HasSubstr("1 valid, 0 invalid, 0 unsupported"));
}

TEST_F(TasksInit, ExtendsWhatIsThereAndReplacesOnlyWithForce) {
  ASSERT_EQ(init({"--from-git", "HEAD~2..HEAD", "--attempts", "1"}).exit_code, 0);
  const std::string rows = read_file(folder_ / "suite" / "instances.jsonl");
  const Ran kept = init({"--from-git", fix_, "--attempts", "1"});
  EXPECT_EQ(kept.exit_code, 0) << kept.err;
  EXPECT_THAT(kept.out, HasSubstr("was there already"));
  EXPECT_EQ(read_file(folder_ / "suite" / "instances.jsonl"), rows);
  const std::string own = "{\"mine\": 1, \"instance_id\": \"x\"}\n";
  write_file(folder_ / "suite" / "instances.jsonl", own + rows);
  (void)init({"--from-git", fix_, "--attempts", "1", "--force", "--env", "A={repo}/x"});
  EXPECT_EQ(read_file(folder_ / "suite" / "instances.jsonl").find(own), 0U);
  EXPECT_THAT(read_file(folder_ / "suite" / "recipes.json"), HasSubstr("{repo}/x"));
}

TEST_F(TasksInit, RefusesAFixThatNoTestShows) {
  const std::string idle =
      commit("Nothing new", {{"calc.py", std::string(kRight) + "\n# a remark\n"},
                             {"test_calc.py", std::string(kOldTest) + "\n"}});
  const Ran ran = init({"--from-git", idle, "--attempts", "1"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("no test fails before the fix and passes after it"));
  EXPECT_THAT(ran.err, HasSubstr("Ran 1 test"));  // what was seen
  EXPECT_FALSE(std::filesystem::exists(folder_ / "suite" / "instances.jsonl"));
}

TEST_F(TasksInit, BadInputIsSaidBeforeAnythingIsRun) {
  const auto said = [&](std::vector<std::string> words, const char* what) {
    const Ran ran = init(std::move(words));
    EXPECT_EQ(ran.exit_code, 2) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(what));
  };
  said({"--from-git", "nowhere"}, "no such commit: \"nowhere\"");
  said({"--from-git=--all"}, "no such commit: \"--all\"");
  said({"--from-git", "HEAD...main"}, "a range is A..B");
  said({"--from-git", "HEAD~1..HEAD"}, "no commit there changes both");
  said({"--from-git", fix_, "--env", "A"}, "must be NAME=VALUE");
  said({"--from-git", fix_, "--log-parser", "pytset"}, "did you mean \"pytest\"?");
  said({"--from-git", fix_, "--name", "calc"}, "OWNER/NAME");
  std::filesystem::create_directories(folder_ / "suite");
  write_file(folder_ / "suite" / "instances.jsonl", "{}\n{\n");
  said({"--from-git", fix_}, "instances.jsonl:2");
  const Ran ran = run_weir({"tasks", "init", "--from-git", "x", "--repo", suite()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("not a git repository"));
}

}  // namespace
}  // namespace weir
