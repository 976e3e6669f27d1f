#include "runners/grade/strict_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "runners/grade/official_log.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StrictLog strict(const char* parser, std::string_view log) {
  return read_strict_log(log, *find_log_parser(parser));
}

std::string pytest(const std::string& summary, const std::string& counts) {
  return "=== test session starts ===\ncollected\n=== short test summary info ===\n" + summary +
         "=== " + counts + " in 0.12s ===\n";
}

TEST(StrictPytest, ReadsTheShortSummaryAndItsCounts) {
  const StrictLog log = strict(
      "pytest",
      "PASSED forged::a\n" +
          pytest("PASSED t.py::a[b c]\nPASSED t.py::d[x - y]\nSKIPPED [2] t.py:3: why\n"
                 "XFAIL t.py::e - reason\nXPASS t.py::f\nERROR t.py::g - E\n"
                 "FAILED t.py::h[i - j] - assert 1\nERRORS of its own\n",
                 "1 failed, 2 passed, 2 skipped, 1 xfailed, 1 xpassed, 3 warnings, 1 error"));
  EXPECT_EQ(log.statuses, (TestStatuses{{"t.py::a[b c]", "PASSED"},
                                        {"t.py::d[x - y]", "PASSED"},
                                        {"t.py::e", "XFAIL"},
                                        {"t.py::f", "XPASS"},
                                        {"t.py::g", "ERROR"},
                                        {"t.py::h[i - j]", "FAILED"}}));
  ASSERT_TRUE(log.summary);
  EXPECT_EQ(log.summary->passed, 2);
  EXPECT_EQ(log.summary->skipped, 2);
  EXPECT_EQ(log.summary->total, std::nullopt);
  EXPECT_THAT(log.contradictions, IsEmpty());
}

TEST(StrictPytest, HoldsTheListAgainstTheCounts) {
  const auto said = [](const std::string& log) { return strict("sphinx", log).contradictions; };
  EXPECT_THAT(said(pytest("PASSED t.py::a\nPASSED t.py::b\n", "1 passed, 1 failed")),
              ElementsAre(HasSubstr("lists 2 tests as PASSED, its runner counts 1")));
  EXPECT_THAT(said(pytest("PASSED t.py::a\n", "2 passed")), ElementsAre(HasSubstr("counts 2")));
  EXPECT_THAT(said("PASSED t.py::a\n"),
              ElementsAre(HasSubstr("without its runner's closing words")));
  EXPECT_THAT(said(pytest("PASSED t.py::a\n", "1 passed") + "PASSED t.py::b\n"),
              ElementsAre(HasSubstr("behind")));
  EXPECT_THAT(said(pytest("PASSED t.py::a\n", "1 passed") + pytest("PASSED t.py::a\n", "1 passed")),
              ElementsAre(HasSubstr("again")));
  EXPECT_THAT(said(pytest("PASSED t.py::a\nFAILED t.py::a - x\n", "1 failed, 1 passed")),
              ElementsAre(HasSubstr("both passed and failed")));
  // Passed, then failed to be torn down: one test, counted twice.
  EXPECT_THAT(said(pytest("PASSED t.py::a\nERROR t.py::a - x\n", "1 passed, 1 error")), IsEmpty());
  EXPECT_EQ(
      strict("pytest", pytest("PASSED t.py::a\nERROR t.py::a\n", "1 passed, 1 error")).statuses,
      (TestStatuses{{"t.py::a", "ERROR"}}));
}

TEST(StrictPytest, KnowsSessionsInsideOfTests) {
  const std::string inner = pytest("FAILED x.py::y - z\n", "1 failed");
  const StrictLog log =
      strict("pytest", "=== test session starts ===\n--- Captured stdout call ---\n" + inner +
                           "=== short test summary info ===\nPASSED t.py::a\n"
                           "=== 1 passed in 1 seconds ===\n");
  EXPECT_EQ(log.statuses, (TestStatuses{{"t.py::a", "PASSED"}}));
  EXPECT_EQ(log.summary->passed, 1);
  EXPECT_THAT(log.contradictions, IsEmpty());
}

TEST(StrictPytest, ReadsVerboseLinesAndOtherClosings) {
  const StrictLog log = strict("pytest_v2",
                               "t.py::a b PASSED [ 50%]\nt.py::c SKIPPED (why) [100%]\n"
                               "=== 1 passed, 1 skipped in 61.00s (0:01:01) ===\n");
  EXPECT_EQ(log.statuses, (TestStatuses{{"t.py::a b", "PASSED"}, {"t.py::c", "SKIPPED"}}));
  EXPECT_THAT(log.contradictions, IsEmpty());
  EXPECT_EQ(strict("pytest", "PASSED t.py::a\n1 passed in 0.1s\n").summary->passed, 1);
  EXPECT_EQ(strict("pytest", "t.py::a PASSED\nResults (0.77s):\n   1 passed\n").summary->passed, 1);
  EXPECT_EQ(strict("pytest", "=== no tests ran in 0.01s ===\n").summary->passed, 0);
}

const std::string kRule(70, '=');

TEST(StrictUnittest, ReadsVerdictsHeadingsAndTheEnd) {
  const StrictLog log =
      strict("django",
             "test_a (m.T) ... ok\ntest_b (m.T) ... noise\nmore\nok\ntest_c (m.T)\nWords. ... ok\n"
             "test_d (m.T) ... skipped 'a ... ok'\ntest_e (m.T) ... expected failure\n"
             "test_f (m.T) ... FAIL\n  Applying x.0001... OK\n" +
                 kRule +
                 "\nFAIL: test_f (m.T)\n---\nRan 6 tests in 0.1s\n\n"
                 "FAILED (failures=1, skipped=1, expected failures=1)\n");
  EXPECT_EQ(log.statuses, (TestStatuses{{"test_a (m.T)", "PASSED"},
                                        {"test_b (m.T)", "PASSED"},
                                        {"Words.", "PASSED"},
                                        {"test_d (m.T)", "SKIPPED"},
                                        {"test_e (m.T)", "XFAIL"},
                                        {"test_f (m.T)", "FAILED"}}));
  EXPECT_EQ(log.summary->total, 6);
  EXPECT_EQ(log.summary->failed, 1);
  EXPECT_EQ(log.summary->passed, std::nullopt);
  EXPECT_THAT(log.contradictions, IsEmpty());
}

TEST(StrictUnittest, Contradictions) {
  const auto said = [](const std::string& log) { return strict("django", log).contradictions; };
  const std::string ok = "---\nRan 1 test in 0.1s\n\nOK\n";
  EXPECT_THAT(said("test_a (m.T) ... ok\n"), ElementsAre(HasSubstr("closing words")));
  EXPECT_THAT(said("test_a (m.T) ... ok\ntest_b (m.T) ... ok\n" + ok),
              ElementsAre(HasSubstr("ran 1")));
  EXPECT_THAT(said("test_a (m.T) ... ok\n" + kRule + "\nFAIL: test_a (m.T)\n" +
                   "Ran 1 test in 0.1s\n\nFAILED (failures=1)\n"),
              ElementsAre(HasSubstr("both passed and failed")));
  EXPECT_THAT(said(ok + "test_a (m.T) ... ok\n"), ElementsAre(HasSubstr("behind")));
  // Two tests that go by one docstring.
  EXPECT_THAT(said("test_a (m.T)\nWords. ... ok\ntest_b (m.T)\nWords. ... FAIL\n" + kRule +
                   "\nFAIL: test_b (m.T)\nRan 2 tests in 0.1s\n\nFAILED (failures=1)\n"),
              IsEmpty());
}

TEST(StrictSympy, ReadsLettersByFile) {
  const StrictLog log = strict("sympy",
                               "a/test_x.py[2] \ntest_a ok\ntest_b F    [FAIL]\nb/test_y.py[2] \n"
                               "test_b ok\ntest_c f   [OK]\n== tests finished: 2 passed, 1 failed, "
                               "1 expected to fail, in 1.00 seconds ==\n");
  EXPECT_EQ(log.statuses,
            (TestStatuses{{"test_a", "PASSED"}, {"test_b", "FAILED"}, {"test_c", "XFAIL"}}));
  EXPECT_EQ(log.summary->xfailed, 1);
  EXPECT_THAT(log.contradictions, IsEmpty());
  EXPECT_THAT(strict("sympy", "test_a ok\n").contradictions,
              ElementsAre(HasSubstr("closing words")));
}

TEST(StrictGo, ReadsPackageByPackage) {
  const StrictLog log = strict("gotest",
                               "--- PASS: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\nFAIL\n"
                               "FAIL\tx/y\t0.1s\n--- PASS: TestA (0.00s)\nPASS\nok  \tx/z\t0.1s\n");
  EXPECT_EQ(log.summary->closings, 2);
  EXPECT_THAT(log.contradictions, IsEmpty());
  EXPECT_THAT(strict("gotest", "--- FAIL: TestA (0.00s)\nok  \tx/y\t0.1s\n").contradictions,
              ElementsAre(HasSubstr("a package that is ok: x/y")));
  EXPECT_THAT(strict("gotest", "ok  \tx\t1s\n--- PASS: TestA (0.00s)\n").contradictions,
              ElementsAre(HasSubstr("behind")));
}

TEST(StrictCargo, AddsUpBinaries) {
  const StrictLog log = strict(
      "cargo",
      "test a ... ok\ntest b - should panic ... ok\ntest c ... ignored, slow\ntest result: ok. 2 "
      "passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\ntest a ... "
      "FAILED\n"
      "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n");
  EXPECT_EQ(log.statuses,
            (TestStatuses{{"a", "FAILED"}, {"b - should panic", "PASSED"}, {"c", "SKIPPED"}}));
  EXPECT_EQ(log.summary->passed, 2);
  EXPECT_EQ(log.summary->failed, 1);
  EXPECT_THAT(log.contradictions, IsEmpty());
}

TEST(StrictTap, HoldsPointsAgainstThePlan) {
  const StrictLog log =
      strict("tap",
             "1..4\nok 1 a\nok 2 b # SKIP why\nnot ok 3 c # TODO\n  ok 1 n\nok 4 a\n"
             "# tests 4\n# pass 2\n# fail 0\n");
  EXPECT_EQ(log.statuses,
            (TestStatuses{{"a", "PASSED"}, {"b", "SKIPPED"}, {"c", "XFAIL"}, {"n", "PASSED"}}));
  EXPECT_THAT(log.contradictions, IsEmpty());
  EXPECT_THAT(strict("tap", "1..2\nok 1 a\n").contradictions, ElementsAre(HasSubstr("plan has 2")));
}

/// Closing words of the runners whose tests the official parser reads.
TEST(StrictCounted, ReadsClosingWords) {
  struct Case {
    const char* parser;
    const char* log;
    std::optional<int> passed, failed, skipped, total;
  };
  const std::vector<Case> cases = {
      {"jest", "✓ a (1 ms)\nTests:       1 failed, 1 skipped, 2 passed, 4 total\n", 2, 1, 1, 4},
      {"carbon", "PASS a.js\nTest Suites: 1 failed, 3 passed, 4 total\n", 3, 1, {}, 4},
      {"vitest", "✓ a\n Tests  1 failed | 2 passed | 1 skipped (4)\n", 2, 1, 1, 4},
      {"phpunit", "S (X)\n ✔ a\nOK (12 tests, 34 assertions)\n", {}, {}, {}, 12},
      {"phpunit", "Tests: 12, Assertions: 3, Failures: 1, Skipped: 2.\n", {}, 1, 2, 12},
      {"googletest",
       "1: [       OK ] A.b (0 ms)\n1: [  PASSED  ] 1 test.\n2: [  PASSED  ] 4 tests.\n",
       5,
       {},
       {},
       {}},
      {"googletest", "[  FAILED  ] 2 tests, listed below:\n[  FAILED  ] A.b\n", {}, 2, {}, {}},
      {"minitest", "3 runs, 4 assertions, 1 failures, 0 errors, 1 skips\n", {}, 1, 1, 3},
      {"ruby_unit",
       "3 tests, 4 assertions, 1 failures, 0 errors, 0 pendings, 1 omissions, 0 notifications\n",
       {},
       1,
       1,
       3},
      {"cucumber", "3 scenarios (1 failed, 2 passed)\n", 2, 1, {}, 3},
      {"maven",
       "[INFO] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1\n[INFO] BUILD FAILURE\n",
       {},
       1,
       1,
       3},
      {"ant",
       "[junit] Tests run: 3, Failures: 1, Errors: 0, Skipped: 1, Time elapsed: 1 sec\n",
       {},
       1,
       1,
       3},
      {"gradle_custom", "12 tests completed, 1 failed, 2 skipped\n", {}, 1, 2, 12},
      {"jq", "# TOTAL: 5\n# PASS:  4\n# SKIP:  0\n# FAIL:  1\n", 4, 1, 0, 5},
      {"micropython_test",
       "3 tests performed (20 individual testcases)\n2 tests passed\n1 tests failed: x\n",
       2,
       1,
       {},
       3},
      {"highlightjs", "  3 passing (12ms)\n  1 pending\n  2 failing\n", 3, 2, 1, {}},
      {"marked", "3 specs, 1 failure, 1 pending spec\n", {}, 1, 1, 3},
      {"karma", "SUMMARY:\n✔ 3 tests completed\n✖ 1 test failed\n", 3, 1, {}, {}},
      {"chart_js", "TOTAL: 3 SUCCESS\n", 3, {}, {}, {}},
  };
  for (const auto& each : cases) {
    const StrictLog log = strict(each.parser, each.log);
    ASSERT_TRUE(log.summary) << each.log;
    EXPECT_EQ(log.summary->passed, each.passed) << each.log;
    EXPECT_EQ(log.summary->failed, each.failed) << each.log;
    EXPECT_EQ(log.summary->skipped, each.skipped) << each.log;
    EXPECT_EQ(log.summary->total, each.total) << each.log;
    EXPECT_THAT(log.contradictions, IsEmpty()) << each.log;
  }
  EXPECT_THAT(strict("jest", "✓ a\n✓ b\nTests: 1 passed, 1 total\n").contradictions,
              ElementsAre(HasSubstr("lists 2"), HasSubstr("ran 1")));
  EXPECT_THAT(strict("jest", "✓ a\n").contradictions, ElementsAre(HasSubstr("closing words")));
  EXPECT_THAT(strict("jest_json", "[PASSED] a\n").contradictions, IsEmpty());
}

std::string parser_of(const std::string& name, const nlohmann::json& expected) {
  if (expected.contains("log_parser")) return expected.at("log_parser");
  return name.find("pytest") == 0 ? "pytest" : name.substr(0, name.find('.'));
}

/// No false alarm on logs of real runs; one of them was killed, and that is seen.
TEST(StrictLog, BelievesRealLogs) {
  const fs::path folder = WEIR_SHARED_DATA "/swebench/logs";
  if (!fs::exists(folder)) GTEST_SKIP() << "shared data is not here";
  int read = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    name = name.substr(0, name.find(".expected"));
    const auto expected = nlohmann::json::parse(read_file(entry.path()));
    const std::string parser = name.rfind("runner_", 0) == 0 ? parser_of(name.substr(7), expected)
                                                             : parser_of(name, expected);
    const std::string text = official_text(read_file(folder / (name + ".log")));
    const StrictLog log =
        read_strict_log(official_slice(text).value_or(text), *find_log_parser(parser));
    const bool killed = name == "sympy__sympy-15809.after";
    EXPECT_EQ(log.contradictions.size(), killed ? 1U : 0U)
        << name << ": " << log.contradictions.front();
    ++read;
  }
  EXPECT_GE(read, 37);
}

}  // namespace
}  // namespace weir
