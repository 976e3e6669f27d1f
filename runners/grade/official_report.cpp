#include "runners/grade/official_report.hpp"

#include <nlohmann/json.hpp>

#include "runners/grade/official_log.hpp"
#include "runners/grade/test_lookup.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

using nlohmann::ordered_json;

void sort_in(const std::string& id, TestOutcome outcome, bool skipped_succeeds, TestLists& lists) {
  if (outcome == TestOutcome::other) return;
  const bool success =
      outcome == TestOutcome::passed || (skipped_succeeds && outcome == TestOutcome::skipped);
  (success ? lists.success : lists.failure).push_back(id);
}

TestLists failed_only(const TestStatuses& statuses, const std::vector<std::string>& ids) {
  TestLists lists;
  for (const auto& id : ids) {
    const auto found = statuses.find(id);
    const bool failed = found != statuses.end() && found->second == "FAILED";
    (failed ? lists.failure : lists.success).push_back(id);
  }
  return lists;
}

ordered_json lists_json(const TestLists& lists) {
  return {{"success", lists.success}, {"failure", lists.failure}};
}

}  // namespace

EvalType parse_eval_type(std::string_view name) {
  if (name == "pass_and_fail") return EvalType::pass_and_fail;
  if (name == "fail_only") return EvalType::fail_only;
  throw UserError("no eval_type \"" + std::string(name) + "\"" +
                  did_you_mean(std::string(name), {"pass_and_fail", "fail_only"}));
}

TestsStatus judge(const TestStatuses& statuses, const std::vector<std::string>& fail_to_pass,
                  const std::vector<std::string>& pass_to_pass, EvalType type) {
  if (type == EvalType::fail_only) {
    return {failed_only(statuses, fail_to_pass), failed_only(statuses, pass_to_pass)};
  }
  TestsStatus tests;
  TestLookup lookup(statuses);
  for (const auto& id : fail_to_pass) sort_in(id, lookup.outcome_of(id), false, tests.fail_to_pass);
  for (const auto& id : pass_to_pass) sort_in(id, lookup.outcome_of(id), true, tests.pass_to_pass);
  return tests;
}

Resolution resolution(const TestsStatus& tests) {
  if (!tests.pass_to_pass.failure.empty()) return Resolution::no;
  if (tests.fail_to_pass.failure.empty()) return Resolution::full;
  return tests.fail_to_pass.success.empty() ? Resolution::no : Resolution::partial;
}

std::string_view to_string(Resolution resolution) {
  switch (resolution) {
    case Resolution::full:
      return "RESOLVED_FULL";
    case Resolution::partial:
      return "RESOLVED_PARTIAL";
    case Resolution::no:
      break;
  }
  return "RESOLVED_NO";
}

InstanceReport report_without_patch() {
  InstanceReport report;
  report.patch_is_none = true;
  return report;
}

InstanceReport official_report(const GradedInstance& instance, const LogParser& parser,
                               std::string_view text) {
  InstanceReport report;
  report.patch_exists = true;
  const OfficialLog log = read_official_log(text, parser, {instance.instance_id, instance.version});
  if (!log.found) {
    report.error = !log.failure.empty();
    report.reason = report.error ? log.reason + ": " + log.failure : log.reason;
    report.failure = failure_reason(text);
    return report;
  }
  report.patch_successfully_applied = true;
  report.tests_status =
      judge(log.statuses, instance.fail_to_pass, instance.pass_to_pass, instance.eval_type);
  report.resolved = resolution(*report.tests_status) == Resolution::full;
  return report;
}

ordered_json to_json(const std::string& instance_id, const InstanceReport& report) {
  ordered_json body = {
      {"patch_is_None", report.patch_is_none},
      {"patch_exists", report.patch_exists},
      {"patch_successfully_applied", report.patch_successfully_applied},
      {"resolved", report.resolved},
      {"infra_failure", report.failure && report.failure->tier == FailureTier::environment}};
  if (report.failure) body["infra_failure_reason"] = std::string(report.failure->name);
  if (report.tests_status) {
    body["tests_status"] = {{"FAIL_TO_PASS", lists_json(report.tests_status->fail_to_pass)},
                            {"PASS_TO_PASS", lists_json(report.tests_status->pass_to_pass)},
                            {"FAIL_TO_FAIL", lists_json({})},
                            {"PASS_TO_FAIL", lists_json({})}};
  }
  return {{instance_id, std::move(body)}};
}

}  // namespace weir
