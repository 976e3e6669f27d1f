#include "runners/grade/log_parsers.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "runners/grade/official_log.hpp"
#include "runners/grade/strict_log.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json as_json(const TestStatuses& statuses) {
  json out = json::object();
  for (const auto& [id, status] : statuses) out[id] = status;
  return out;
}

TEST(LogParsers, AreFoundWithAndWithoutPrefix) {
  EXPECT_NE(find_log_parser("pytest"), nullptr);
  EXPECT_EQ(find_log_parser("parse_log_pytest"), find_log_parser("pytest"));
  EXPECT_EQ(find_log_parser("nope"), nullptr);
  EXPECT_EQ(log_parsers().size(), 58U);  // the official registry's 57, and exit_code
}

/// Logs of our own for each parser and each of its quirks, with what the official
/// parser (SWE-bench 5.0.2) made of them.
TEST(LogParsers, AreTheOfficialOnesQuirksIncluded) {
  std::set<std::string_view> left;
  for (const auto& parser : log_parsers()) left.insert(parser.name);
  left.erase(kExitCodeParser);
  for (const auto& entry :
       json::parse(read_file(WEIR_SOURCE_DIR "/tests/fixtures/log_parsers.json"))) {
    const auto name = entry.at("parser").get<std::string>();
    const LogParser* parser = find_log_parser(name);
    ASSERT_NE(parser, nullptr) << name;
    const auto instance = entry.value("instance_id", "");
    const auto version = entry.value("version", "");
    const ParsedLog parsed =
        parser->read(entry.at("log").get_ref<const std::string&>(), {instance, version});
    EXPECT_EQ(!parsed.failure.empty(), entry.value("raises", false))
        << name << ": " << entry.at("case");
    EXPECT_EQ(as_json(parsed.statuses), entry.value("statuses", json::object()))
        << name << ": " << entry.at("case");
    left.erase(parser->name);
  }
  EXPECT_TRUE(left.empty()) << "no case for " << *left.begin();
}

TEST(LogParsers, WithoutAnInstanceTakeTheFirstFormatThatFindsATest) {
  const auto parsed = [](const char* parser, std::string_view log) {
    return find_log_parser(parser)->parse(log);
  };
  EXPECT_EQ(parsed("jekyll", "c d ....\n"), (TestStatuses{{"c d", "PASSED"}}));
  EXPECT_EQ(parsed("immutable_js", "[PASSED] b\n"), (TestStatuses{{"b", "PASSED"}}));
  EXPECT_EQ(parsed("lighthouse", "PASS a.js\n"), (TestStatuses{{"a.js", "PASSED"}}));
  EXPECT_EQ(parsed("next", "Running: a (1)\n\n\n  S\n    1) b\n"),
            (TestStatuses{{"S: b", "FAILED"}}));
}

/// Names made of several lines must not multiply: one long suite, many tests.
TEST(LogParsers, HostileNamesEndTheParse) {
  std::string log = "S" + std::string(2 << 20, 's') + " (X)\n";
  for (int i = 0; i < 100; ++i) log += "✔ " + std::to_string(i) + "\n";
  EXPECT_NE(find_log_parser("phpunit")->read(log).failure, "");
}

/// Half a megabyte of one thing again and again, for every parser and both modes: whoever
/// reads one of them in more than linear time does not end within the test's limit.
TEST(LogParsers, HostileLogsAreReadInLinearTime) {
  for (const char* piece : {"(",
                            ")",
                            "[ OK ] ",
                            " ... ",
                            "a ... Testing against Django installed in ",
                            "  1) ",
                            "1)",
                            "<a>",
                            "</a>",
                            "<a></a>",
                            "<",
                            "Chrome Headless (Linux x86_64) ",
                            "Chrome 1 (Linux x) ",
                            "Running: x)",
                            " .",
                            ": ",
                            ". =",
                            "-Dtest=",
                            "[1m",
                            "\x1B[",
                            "/tmp/a",
                            " passing",
                            " - passed",
                            "[ ",
                            "test_ ",
                            "\n ",
                            "\n",
                            "\nPASS",
                            "\n\n\n",
                            " ",
                            "PASSED x - y\n",
                            "1 passed, ",
                            "Tests: 1, ",
                            "Error"}) {
    std::string log = "+ xvfb-run ./node_modules/.bin/jest \nStarting browser\n<doctest>";
    while (log.size() < (1 << 19)) log += piece;
    std::set<logs::Parse*> done;
    for (const auto& parser : log_parsers()) {
      if (!done.insert(parser.run).second) continue;
      (void)parser.read(log);
      (void)read_strict_log(log, parser);
    }
  }
}

TEST(TestStatuses, KeepTheOrderOfFirstSight) {
  TestStatuses statuses;
  for (int i = 999; i >= 0; --i) statuses[std::to_string(i)] = "PASSED";
  statuses["999"] = "FAILED";
  EXPECT_EQ(statuses.size(), 1000U);
  EXPECT_EQ(*statuses.begin(), (TestStatuses::Entry{"999", "FAILED"}));
  EXPECT_EQ(statuses.find("0")->second, "PASSED");
  EXPECT_EQ(statuses.find("1000"), statuses.end());
  EXPECT_EQ(TestStatuses().find("a"), TestStatuses().end());
  EXPECT_TRUE((TestStatuses{{"a", "x"}, {"b", "y"}} == TestStatuses{{"b", "y"}, {"a", "x"}}));
  EXPECT_FALSE((TestStatuses{{"a", "x"}} == TestStatuses{{"a", "y"}}));
}

/// Real logs of small suites of our own, with the maps of several official parsers.
TEST(LogParsers, AgreeWithTheOfficialOnesOnRealRunners) {
  const fs::path folder = WEIR_SHARED_DATA "/swebench/logs";
  if (!fs::exists(folder)) GTEST_SKIP() << "shared data is not here";
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("runner_", 0) != 0 || entry.path().extension() != ".json") continue;
    const std::string log = read_file(folder / (name.substr(0, name.find('.')) + ".log"));
    const json expected = json::parse(read_file(entry.path()));
    for (const auto& [parser, map] : expected.items()) {
      EXPECT_EQ(as_json(find_log_parser(parser)->parse(official_text(log))), map) << name << parser;
      ++compared;
    }
  }
  EXPECT_GE(compared, 10);
}

}  // namespace
}  // namespace weir
