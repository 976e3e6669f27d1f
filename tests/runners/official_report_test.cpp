#include "runners/grade/official_report.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "runners/grade/official_log.hpp"
#include "runners/grade/run_report.hpp"
#include "runners/grade/suite_evidence.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/test_list.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kData = WEIR_SHARED_DATA "/swebench";

const LogParser& parser(const char* name) {
  return *find_log_parser(name);
}

OfficialLog read(const std::string& text, const char* name = "pytest") {
  return read_official_log(text, parser(name));
}

std::string between(const std::string& text) {
  return "+ : '>>>>> Start Test Output'\n" + text + "+ : '>>>>> End Test Output'\n";
}

TEST(OfficialText, TranslatesNewlinesAndBrokenSequences) {
  EXPECT_EQ(official_text("a\r\nb\rc\n"), "a\nb\nc\n");
  EXPECT_EQ(official_text("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "é€😀");
  EXPECT_EQ(official_text("a\xFF\xE2\x82z\xED\xA0\x80\xF0\x9F\x98"),
            "a\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(OfficialLog, SlicesFromTheFirstStartToTheNextMarker) {
  EXPECT_EQ(official_slice("a"), std::nullopt);
  EXPECT_EQ(official_slice(">>>>> Start Test Output"), std::nullopt);
  EXPECT_EQ(official_slice(between("x\n")), "'\nx\n+ : '");
  EXPECT_EQ(official_slice(">>>>> End Test Output>>>>> Start Test Outputx"), "x");
  EXPECT_EQ(official_slice(">>>>> Start Test Outputa>>>>> Start Test Outputb>>>>> End Test Output"),
            "a");
}

TEST(OfficialLog, FallsBackToTheWholeLog) {
  EXPECT_EQ(read("PASSED a\n" + between("")).statuses, (TestStatuses{{"a", "PASSED"}}));
  EXPECT_EQ(read("PASSED a\n" + between("PASSED b\n")).statuses, (TestStatuses{{"b", "PASSED"}}));
}

TEST(OfficialLog, IsVoidWithABadCodeAnywhere) {
  for (const char* code :
       {"Patch Apply Failed", "Reset Failed", "Tests Errored", "Tests Timed Out"}) {
    EXPECT_FALSE(read(between("PASSED a\n") + ">>>>> " + code).found) << code;
  }
  EXPECT_TRUE(read(between("PASSED a\n")).found);
}

TEST(OfficialLog, DoesNotBelieveAFailedCommandWithoutAFailedTest) {
  EXPECT_FALSE(read(between("PASSED a\n") + ">>>>> Test Exit Code: 1\n").found);
  EXPECT_TRUE(read(between("FAILED a\n") + ">>>>> Test Exit Code: 1\n").found);
  EXPECT_TRUE(read(between("PASSED a\n") + ">>>>> Test Exit Code: 0\n").found);
  EXPECT_TRUE(read(between("PASSED a\n") + ">>>>> Test Exit Code: x\n").found);
  EXPECT_FALSE(read(between("ERROR: a\n") + ">>>>> Test Exit Code: 2\n").found);
}

TEST(OfficialLog, FirstExitCodeCounts) {
  EXPECT_EQ(recorded_exit_code(">>>>> Test Exit Code: 0\n>>>>> Test Exit Code: 1\n"), 0);
  EXPECT_EQ(recorded_exit_code(">>>>> Test Exit Code: $X\n>>>>> Test Exit Code:-12"), -12);
  EXPECT_EQ(recorded_exit_code(">>>>> Test Exit Code: ٣"), 3);
  EXPECT_EQ(recorded_exit_code(""), std::nullopt);
}

TEST(OfficialLog, AParserThatFailsIsAnError) {
  const OfficialLog log = read(between("FAIL:\n"), "django");
  EXPECT_FALSE(log.found);
  EXPECT_NE(log.failure, "");
}

TEST(SuiteEvidence, IsACountAboveZero) {
  for (const char* text :
       {"Executed 1 of 0", "TOTAL: 12 FAILED", "a 1000 passing", "Tests:\n 3", "x\n# tests 1",
        "Test Suites: 1 failed, 2 passed, 3 total", "Test Suites: 1 total", "12 specs, 0 failures",
        "1 spec, 0 failures", "a': ok", "a': ok\nb", "0010 passing"}) {
    EXPECT_TRUE(suite_ran(text)) << text;
  }
  for (const char* text :
       {"", "Executed 0 of 1", "TOTAL: 0 SUCCESS", "0 passing", "Tests: 0", "x# tests 1",
        "# tests 0", "Test Suites: 0 total", "Test Suites: 1 failed, 0 total",
        "0 specs, 0 failures", "': okay", "3 specs, x failures", " passing"}) {
    EXPECT_FALSE(suite_ran(text)) << text;
  }
}

TEST(FailureReason, IsTheFirstInTheList) {
  EXPECT_EQ(failure_reason("fine"), std::nullopt);
  EXPECT_EQ(failure_reason("ModuleNotFoundError\nKilled\n")->name, "out_of_memory");
  EXPECT_EQ(failure_reason("was Killed\nno tests ran")->name, "no_tests_collected");
  EXPECT_EQ(failure_reason("Killed")->tier, FailureTier::environment);
  EXPECT_EQ(failure_reason("Timeout error: 1800 seconds exceeded.")->name, "tests_timed_out");
  EXPECT_EQ(failure_reason("Timeout error: x seconds exceeded."), std::nullopt);
  EXPECT_EQ(failure_reason("Could not resolve host: x")->name, "network_unreachable");
  EXPECT_EQ(failure_reason("cannot open display")->name, "display_unavailable");
  EXPECT_EQ(failure_reason("Failed to launch x")->name, "browser_launch_failed");
  EXPECT_EQ(failure_reason("Error response from daemon")->name, "container_unavailable");
}

const TestStatuses kStatuses = {{"a", "PASSED"}, {"b", "XFAIL"}, {"c", "SKIPPED"},
                                {"d", "FAILED"}, {"e", "ERROR"}, {"f", "ERROR:"}};

TEST(Judge, SortsByTheOfficialRule) {
  const std::vector<std::string> all = {"a", "b", "c", "d", "e", "f", "g"};
  const TestsStatus tests = judge(kStatuses, all, all, EvalType::pass_and_fail);
  using List = std::vector<std::string>;
  EXPECT_EQ(tests.fail_to_pass.success, (List{"a", "b"}));
  EXPECT_EQ(tests.fail_to_pass.failure, (List{"c", "d", "e", "g"}));  // f is in neither
  EXPECT_EQ(tests.pass_to_pass.success, (List{"a", "b", "c"}));
  EXPECT_EQ(tests.pass_to_pass.failure, (List{"d", "e", "g"}));
  const TestsStatus failures = judge(kStatuses, all, all, EvalType::fail_only);
  EXPECT_EQ(failures.fail_to_pass.failure, (List{"d"}));
  EXPECT_EQ(failures.pass_to_pass.failure, (List{"d"}));
}

/// Of candidates that agree not to have passed, the first seen decides: skipped or failed.
TEST(Judge, CutIdsTakeTheFirstSeen) {
  const auto kept = [](const TestStatuses& statuses) {
    return judge(statuses, {}, {"t[x"}, EvalType::pass_and_fail).pass_to_pass.failure.empty();
  };
  EXPECT_TRUE(kept({{"t[x b]", "SKIPPED"}, {"t[x a]", "FAILED"}}));
  EXPECT_FALSE(kept({{"t[x b]", "FAILED"}, {"t[x a]", "SKIPPED"}}));
  EXPECT_TRUE(kept({{"t[x b]", "PASSED"}, {"t[x a]", "XFAIL"}}));
  EXPECT_FALSE(kept({{"t[x b]", "PASSED"}, {"t[x a]", "SKIPPED"}}));
}

TEST(Judge, Resolution) {
  const auto of = [](std::vector<std::string> f2p, std::vector<std::string> p2p) {
    return to_string(resolution(judge(kStatuses, f2p, p2p, EvalType::pass_and_fail)));
  };
  EXPECT_EQ(of({"a", "b"}, {"c"}), "RESOLVED_FULL");
  EXPECT_EQ(of({}, {}), "RESOLVED_FULL");
  EXPECT_EQ(of({"f"}, {}), "RESOLVED_FULL");  // a word that is none of the five counts nowhere
  EXPECT_EQ(of({"a", "d"}, {"a"}), "RESOLVED_PARTIAL");
  EXPECT_EQ(of({"d"}, {"a"}), "RESOLVED_NO");
  EXPECT_EQ(of({"a"}, {"d"}), "RESOLVED_NO");
  EXPECT_THROW((void)parse_eval_type("fail-only"), UserError);
}

TEST(OfficialReport, HasTheOfficialKeysInOrder) {
  const GradedInstance instance{"i", "", {"a"}, {"b"}, EvalType::pass_and_fail};
  const auto dumped = [&](const std::string& text) {
    return to_json("i", official_report(instance, parser("pytest"), text)).dump();
  };
  EXPECT_EQ(
      dumped(between("PASSED a\nFAILED b\n")),
      R"({"i":{"patch_is_None":false,"patch_exists":true,"patch_successfully_applied":true,)"
      R"("resolved":false,"infra_failure":false,"tests_status":{)"
      R"("FAIL_TO_PASS":{"success":["a"],"failure":[]},"PASS_TO_PASS":{"success":[],"failure":["b"]},)"
      R"("FAIL_TO_FAIL":{"success":[],"failure":[]},"PASS_TO_FAIL":{"success":[],"failure":[]}}}})");
  EXPECT_EQ(dumped("Killed\n"),
            R"({"i":{"patch_is_None":false,"patch_exists":true,"patch_successfully_applied":false,)"
            R"("resolved":false,"infra_failure":true,"infra_failure_reason":"out_of_memory"}})");
  EXPECT_EQ(to_json("i", report_without_patch()).dump(),
            R"({"i":{"patch_is_None":true,"patch_exists":false,"patch_successfully_applied":false,)"
            R"("resolved":false,"infra_failure":false}})");
}

/// A suite whose parser sees failures only must have run to count.
TEST(OfficialReport, FailOnlyNeedsEvidence) {
  const GradedInstance instance{"i", "", {"a"}, {}, EvalType::fail_only};
  EXPECT_FALSE(official_report(instance, parser("marked"), between("")).resolved);
  EXPECT_TRUE(
      official_report(instance, parser("marked"), between("3 specs, 0 failures\n")).resolved);
  EXPECT_FALSE(official_report(instance, parser("marked"), between("1) a\n")).resolved);
}

TEST(RunReport, CountsAndLists) {
  const FailureReason memory{"out_of_memory", FailureTier::environment};
  const FailureReason module{"missing_module", FailureTier::ambiguous};
  const json report = run_report({{"d", InstanceState::incomplete, {}},
                                  {"c", InstanceState::empty_patch, memory},
                                  {"b", InstanceState::resolved, memory},
                                  {"a", InstanceState::unresolved, memory},
                                  {"e", InstanceState::no_report, module},
                                  {"f", InstanceState::bad_report, {}}},
                                 {"z"});
  const json expected = json::parse(R"({
    "total_instances":6,"submitted_instances":6,"completed_instances":3,"resolved_instances":1,
    "unresolved_instances":1,"infra_failure_instances":1,"ambiguous_failure_instances":1,
    "empty_patch_instances":1,"error_instances":2,"completed_ids":["a","b","f"],
    "incomplete_ids":["d"],"empty_patch_ids":["c"],"submitted_ids":["a","b","c","e","f","z"],
    "resolved_ids":["b"],"unresolved_ids":["a"],"infra_failure_ids":["a"],
    "ambiguous_failure_ids":["e"],"failure_reasons":{"a":"out_of_memory","e":"missing_module"},
    "error_ids":["e","f"],"schema_version":2})");
  EXPECT_EQ(report, expected);
}

/// The lists of real instances, by id.
std::map<std::string, GradedInstance> instances() {
  std::map<std::string, GradedInstance> all;
  for (const char* name : {"instances/verified.jsonl", "instances/lite_only.jsonl",
                           "instances/lite_dev.jsonl", "runnable/instances.jsonl"}) {
    std::ifstream file(kData / name);
    for (std::string line; std::getline(file, line);) {
      const json row = json::parse(line);
      const auto id = row.at("instance_id").get<std::string>();
      all[id] = {id, row.value("version", ""), parse_test_list(row.at("FAIL_TO_PASS")),
                 parse_test_list(row.at("PASS_TO_PASS")),
                 parse_eval_type(row.value("eval_type", "pass_and_fail"))};
    }
  }
  return all;
}

/// Real logs: the map, whether it is believed, the resolution and the whole report.
TEST(OfficialReport, IsTheOfficialOneOnRealLogs) {
  if (!fs::exists(kData)) GTEST_SKIP() << "shared data is not here";
  const auto known = instances();
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(kData / "logs")) {
    const std::string name = entry.path().filename().string();
    const auto dot = name.find(".expected.json");
    if (dot == std::string::npos || name.rfind("runner_", 0) == 0) continue;
    const json expected = json::parse(read_file(entry.path()));
    const auto id = expected.at("instance_id").get<std::string>();
    const LogParser* parser = find_log_parser(expected.at("log_parser").get<std::string>());
    ASSERT_NE(parser, nullptr) << name;
    const std::string text =
        official_text(read_file(kData / "logs" / (name.substr(0, dot) + ".log")));
    const OfficialLog log = read_official_log(text, *parser);
    json map = json::object();
    for (const auto& [test, status] : log.statuses) map[test] = status;
    EXPECT_EQ(map, expected.at("status_map")) << name;
    EXPECT_EQ(log.found, expected.at("found").get<bool>()) << name;
    if (known.count(id) == 0) continue;  // the instance of one log is not in the data
    const InstanceReport report = official_report(known.at(id), *parser, text);
    EXPECT_EQ(json(to_json(id, report)), expected.at("report")) << name;
    if (report.tests_status) {
      EXPECT_EQ(to_string(resolution(*report.tests_status)), expected.at("resolution")) << name;
    }
    ++compared;
  }
  EXPECT_GE(compared, 32);
}

std::vector<std::string> merged(const json& lists, const std::vector<std::string>& order) {
  std::map<std::string, int> there;
  for (const auto& [kind, ids] : lists.items()) {
    for (const auto& test : ids) ++there[test.get<std::string>()];
  }
  std::vector<std::string> out;
  for (const auto& test : order) {
    if (there.count(test) > 0) out.push_back(test);
  }
  return out;
}

/// Official reports on a model's patches: the lists hold the instance's tests, and
/// the verdict follows from them.
TEST(OfficialReport, ResolvedFollowsFromTheListsOfRealReports) {
  std::ifstream file(kData / "results/reports_gemini3pro.jsonl");
  if (!file) GTEST_SKIP() << "shared data is not here";
  const auto known = instances();
  int derived = 0;
  for (std::string line; std::getline(file, line);) {
    const json reports = json::parse(line);
    for (const auto& [id, report] : reports.items()) {
      if (!report.contains("tests_status")) {
        EXPECT_FALSE(report.at("resolved").get<bool>()) << id;
        continue;
      }
      const json& tests = report.at("tests_status");
      TestStatuses statuses;
      for (const char* list : {"FAIL_TO_PASS", "PASS_TO_PASS"}) {
        for (const auto& test : tests[list]["success"])
          statuses[test.get<std::string>()] = "PASSED";
        for (const auto& test : tests[list]["failure"])
          statuses[test.get<std::string>()] = "FAILED";
      }
      ASSERT_EQ(known.count(id), 1U) << id;
      GradedInstance instance = known.at(id);
      instance.fail_to_pass = merged(tests["FAIL_TO_PASS"], instance.fail_to_pass);
      instance.pass_to_pass = merged(tests["PASS_TO_PASS"], instance.pass_to_pass);
      const TestsStatus judged =
          judge(statuses, instance.fail_to_pass, instance.pass_to_pass, EvalType::pass_and_fail);
      EXPECT_EQ(resolution(judged) == Resolution::full, report.at("resolved").get<bool>()) << id;
      EXPECT_EQ(json(judged.fail_to_pass.success), tests["FAIL_TO_PASS"]["success"]) << id;
      EXPECT_EQ(json(judged.pass_to_pass.failure), tests["PASS_TO_PASS"]["failure"]) << id;
      ++derived;
    }
  }
  EXPECT_EQ(derived, 253);
}

}  // namespace
}  // namespace weir
