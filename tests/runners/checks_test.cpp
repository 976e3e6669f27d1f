// Checks that look into the box, in real boxes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runners/check_syntax.hpp"
#include "runners/check_tests.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

class ChecksTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    std::filesystem::create_directories(folder_ / "repo/tests");
    write_file(folder_ / "repo/calc.py", "def f(): return 1\n");
    write_file(folder_ / "repo/broken.json", "{ // not JSON\n");
    task_.id = "t";
    task_.environment.workdir = "/testbed";
    task_.environment.repository = Repository{"o/r", "", folder_ / "repo"};
  }
  void prepare() {
    environment_ = prepare_environment(task_, "sha", *sandbox_);
    box_ = sandbox_->create(environment_->on(environment_->snapshot));
  }
  CheckRoom room() { return {*sandbox_, busy_, *environment_, milliseconds(20'000), deadline_}; }
  SnapshotPtr after(const std::string& script) {
    ExecRequest request;
    request.script = script;
    request.cwd = "/testbed";
    EXPECT_TRUE(box_->exec(request).ok());
    return box_->snapshot();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter busy_{2};
  Watchdog watchdog_;
  Deadline deadline_{watchdog_, std::stop_token()};
  AgentTask task_;
  EnvironmentPtr environment_;
  std::unique_ptr<Box> box_;
};

TEST_F(ChecksTest, AnEditThatDoesNotParseIsFoundByLanguage) {
  prepare();
  const SnapshotPtr start = box_->snapshot();
  EXPECT_EQ(newly_unparsable(room(), start, start), 0);
  const SnapshotPtr broken =
      after("echo 'def g(:' >> calc.py; echo 'if then' > x.sh; echo '{}' > ok.json");
  EXPECT_EQ(newly_unparsable(room(), start, broken), 2);
  const SnapshotPtr mended = after("sed -i '$d' calc.py; echo 'a = 1' > y.toml");
  EXPECT_EQ(newly_unparsable(room(), broken, mended), 0);
}

TEST_F(ChecksTest, WhatDidNotParseBeforeIsNotTheEditsFault) {
  prepare();
  const SnapshotPtr start = box_->snapshot();
  EXPECT_EQ(newly_unparsable(room(), start, after("echo '// more' >> broken.json")), 0);
}

TEST_F(ChecksTest, TestsAreFoundWhereTheyLie) {
  prepare();
  EXPECT_EQ(find_visible_tests(room(), environment_->snapshot), std::nullopt);
  const SnapshotPtr made = after("printf 'check:\\n\\ttrue\\n' > Makefile");
  EXPECT_EQ(find_visible_tests(room(), made), "make -s check");
  const SnapshotPtr unit =
      after("printf 'import unittest\\n' > tests/test_a.py; touch tests/__init__.py");
  const auto found = find_visible_tests(room(), unit);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, testing::HasSubstr("python3 -m "));
}

TEST_F(ChecksTest, VisibleTestsAreNamedAndRunAside) {
  prepare();
  const SnapshotPtr state = after(
      "printf 'import unittest\\nclass T(unittest.TestCase):\\n    def test_a(self): open(\"left\","
      "\"w\")\\n    def test_b(self): self.fail()\\n' > tests/test_a.py; touch tests/__init__.py");
  const auto run = run_visible_tests(room(), state, "python3 -m unittest -v tests.test_a");
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->red);
  EXPECT_EQ(run->names.red_count, 1);
  EXPECT_EQ(run->names.green.size(), 1U);
  EXPECT_FALSE(box_->get("/testbed/left", 10));
  EXPECT_TRUE(run_visible_tests(room(), state, "no-such-runner")->not_run);
}

}  // namespace
}  // namespace weir
