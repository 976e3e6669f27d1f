#include "runners/grade/log_parsers.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tasks/files.hpp"

namespace weir {
namespace {

TestStatuses parsed(const char* parser, std::string_view log) {
  return find_log_parser(parser)->parse(log);
}

TEST(LogParsers, AreFoundWithAndWithoutPrefix) {
  EXPECT_NE(find_log_parser("pytest"), nullptr);
  EXPECT_EQ(find_log_parser("parse_log_pytest"), find_log_parser("pytest"));
  EXPECT_EQ(find_log_parser("nope"), nullptr);
}

TEST(LogParsers, Pytest) {
  EXPECT_EQ(parsed("pytest",
                   "collected 4 items\n"
                   "PASSED tests/a.py::test_x\n"
                   "FAILED tests/a.py::test_y - assert 1 == 2\n"
                   "SKIPPED [1] tests/a.py:3: no\n"
                   "XFAIL tests/a.py::test_z\n"
                   "ERRORS\n"
                   "PASSED tests/a.py::test_y\n"),
            (TestStatuses{{"tests/a.py::test_x", "PASSED"},
                          {"tests/a.py::test_y", "PASSED"},  // the last line wins
                          {"tests/a.py::test_z", "XFAIL"}}));
}

TEST(LogParsers, PytestOptionsShortensPaths) {
  EXPECT_EQ(parsed("requests", "PASSED t.py::a[/tmp/x/y]\nPASSED t.py::b[//h/p]\n"),
            (TestStatuses{{"t.py::a[/y]", "PASSED"}, {"t.py::b[//h/p]", "PASSED"}}));
}

TEST(LogParsers, Django) {
  EXPECT_EQ(parsed("django",
                   "test_a (x.T.test_a) ... ok\n"
                   "test_b (x.T.test_b) ... FAIL\n"
                   "test_c (x.T.test_c) ... ERROR\n"
                   "test_d (x.T.test_d) ... skipped 'why'\n"
                   "test_e (x.T.test_e) ... some output\n"
                   "ok\n"
                   "FAIL: test_b (x.T.test_b)\n"),
            (TestStatuses{{"test_a (x.T.test_a)", "PASSED"},
                          {"test_b (x.T.test_b)", "FAILED"},
                          {"test_c (x.T.test_c)", "ERROR"},
                          {"test_d (x.T.test_d)", "SKIPPED"},
                          {"test_e (x.T.test_e)", "PASSED"},
                          {"test_b", "FAILED"}}));
}

TEST(LogParsers, Jq) {
  EXPECT_EQ(parsed("jq", "PASS: one\nFAIL: two\nmore\n"),
            (TestStatuses{{"one", "PASSED"}, {"two", "FAILED"}}));
}

/// Real logs with what the official parser makes of them.
TEST(LogParsers, AgreeWithTheOfficialOnesOnRealLogs) {
  namespace fs = std::filesystem;
  const fs::path folder = WEIR_SHARED_DATA "/swebench/logs";
  if (!fs::exists(folder)) GTEST_SKIP() << "shared data is not here";
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto dot = name.find(".expected.json");
    if (dot == std::string::npos) continue;
    const auto expected = nlohmann::json::parse(read_file(entry.path()));
    const std::string parser =
        expected.value("log_parser", expected.value("parser", std::string()));
    const LogParser* found = find_log_parser(parser);
    const fs::path log = folder / (name.substr(0, dot) + ".log");
    const auto map = expected.find("status_map");
    if (found == nullptr || map == expected.end() || !fs::exists(log)) continue;
    EXPECT_EQ(nlohmann::json(found->parse(read_file(log))), *map) << name;
    ++compared;
  }
  if (compared == 0) GTEST_SKIP() << "no expected map of a known shape";
}

}  // namespace
}  // namespace weir
