// What a fix does to its tests, what runs them, and whose they are.

#include "runners/grade/test_transitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runners/git_history.hpp"
#include "runners/test_command.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ReadRun both(const TestStatuses& statuses) {
  return {statuses, statuses};
}

TEST(TestTransitions, SortTestsByWhatTheFixDoesToThem) {
  const ReadRun before = both({{"red", "FAILED"},
                               {"broken", "ERROR"},
                               {"green", "PASSED"},
                               {"hurt", "PASSED"},
                               {"lost", "PASSED"},
                               {"skipped", "SKIPPED"},
                               {"still", "FAILED"},
                               {"shaky", "PASSED"},
                               {"late", "FAILED"}});
  const ReadRun after = both({{"red", "PASSED"},
                              {"broken", "PASSED"},
                              {"green", "PASSED"},
                              {"hurt", "FAILED"},
                              {"skipped", "PASSED"},
                              {"still", "FAILED"},
                              {"shaky", "PASSED"},
                              {"late", "PASSED"},
                              {"new", "PASSED"}});
  ReadRun again = before;
  again.official["shaky"] = again.strict["shaky"] = "FAILED";
  ReadRun after_again = after;
  after_again.official["late"] = after_again.strict["late"] = "ERROR";
  const TestTransitions found = find_transitions({before, again}, {after, after_again});
  EXPECT_THAT(found.fail_to_pass, ElementsAre("broken", "new", "red"));
  EXPECT_THAT(found.pass_to_pass, ElementsAre("green"));
  EXPECT_THAT(found.pass_to_fail, ElementsAre("hurt", "lost"));
  EXPECT_THAT(found.flaky, ElementsAre("late", "shaky"));
  EXPECT_THAT(found.unclear, IsEmpty());
}

TEST(TestTransitions, ATestThatComesAndGoesIsFlaky) {
  const TestTransitions found =
      find_transitions({both({}), both({{"t", "FAILED"}})}, {both({{"t", "PASSED"}})});
  EXPECT_THAT(found.flaky, ElementsAre("t"));
  EXPECT_THAT(found.fail_to_pass, IsEmpty());
}

TEST(TestTransitions, BothReadingsMustAgree) {
  const ReadRun before{{{"t[a", "FAILED"}}, {{"t[a b]", "FAILED"}}};
  const ReadRun after{{{"t[a", "PASSED"}}, {{"t[a b]", "PASSED"}}};
  const TestTransitions found = find_transitions({before}, {after});
  EXPECT_THAT(found.fail_to_pass, IsEmpty());
  EXPECT_THAT(found.unclear, ElementsAre("t[a", "t[a b]"));
  EXPECT_THAT(find_transitions({}, {after}).fail_to_pass, IsEmpty());
}

TEST(TestCommand, RunsTheTouchedFilesWhereTheRunnerCan) {
  const std::vector<std::string> python = {"tests/conftest.py", "tests/test_a.py",
                                           "tests/b c_test.py"};
  EXPECT_EQ(test_command_for("pytest", python).command,
            "python3 -m pytest -rA -p no:cacheprovider tests/test_a.py 'tests/b c_test.py'");
  EXPECT_EQ(test_command_for("unittest", python).log_parser, "django");
  EXPECT_EQ(test_command_for("unittest", {"tests/data.json"}).command,
            "python3 -m unittest discover -v -s tests -t .");
  EXPECT_EQ(test_command_for("go", {"a_test.go", "x/b_test.go", "x/c_test.go"}).command,
            "go test -v . ./x");
  EXPECT_EQ(test_command_for("go", {"testdata/x"}).command, "go test -v ./...");
  EXPECT_EQ(test_command_for("cargo", {"tests/big.rs"}).command,
            "cargo test --offline --no-fail-fast --test 'big'");
  EXPECT_EQ(test_command_for("cargo", {"tests/big.rs", "tests/help/mod.rs"}).command,
            "cargo test --offline --no-fail-fast");
  EXPECT_EQ(test_command_for("make_check", python).log_parser, "exit_code");
  EXPECT_EQ(test_command_for("ant", python).command, "");
}

TEST(TestCommand, OfTheUsersIsReadByWhatItNames) {
  EXPECT_EQ(with_test_files("run {files} {files}", {"a", "b c"}), "run a 'b c' a 'b c'");
  EXPECT_EQ(with_test_files("run {files}", {}), "run ");
  EXPECT_EQ(log_parser_for("tox -- pytest -rA"), "pytest_v2");
  EXPECT_EQ(log_parser_for("go test ./..."), "gotest");
  EXPECT_EQ(log_parser_for("./run_tests"), "exit_code");
}

TEST(RepositoryName, IsTheEndOfTheRemotesUrl) {
  EXPECT_EQ(repository_name("git@github.com:own/repo.git"), "own/repo");
  EXPECT_EQ(repository_name("https://host:8443/group/own/repo/"), "own/repo");
  EXPECT_EQ(repository_name("ssh://git@host/own/repo.js.git"), "own/repo.js");
  EXPECT_EQ(repository_name("/srv/git/own/repo"), "own/repo");
  EXPECT_EQ(repository_name("host:repo"), "");
  EXPECT_EQ(repository_name("https://host/repo"), "");
  EXPECT_EQ(repository_name(""), "");
}

}  // namespace
}  // namespace weir
