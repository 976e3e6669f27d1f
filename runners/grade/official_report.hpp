#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/grade/infra_failure.hpp"
#include "runners/grade/log_parsers.hpp"
#include "tasks/task.hpp"

namespace weir {

// SWE-bench's verdict on one instance from its whole test log, and its reports
// (5.0.2). Pure functions; nothing here runs or reads anything.

/// "pass_and_fail" or "fail_only"; throws UserError on anything else.
[[nodiscard]] EvalType parse_eval_type(std::string_view name);

/// Expected tests by what became of them, in the order of the instance's list. A test
/// whose status is none of the five words is in neither.
struct TestLists {
  std::vector<std::string> success;
  std::vector<std::string> failure;
};
struct TestsStatus {
  TestLists fail_to_pass;
  TestLists pass_to_pass;
};

/// fail_to_pass needs PASSED or XFAIL; pass_to_pass takes SKIPPED too; a missing test
/// failed. Under fail_only just a test that is there and FAILED has failed.
[[nodiscard]] TestsStatus judge(const TestStatuses& statuses,
                                const std::vector<std::string>& fail_to_pass,
                                const std::vector<std::string>& pass_to_pass, EvalType type);

enum class Resolution { full, partial, no };
/// full: every test of both lists; partial: some of fail_to_pass, all of pass_to_pass.
/// An empty list counts as whole.
[[nodiscard]] Resolution resolution(const TestsStatus& tests);
/// "RESOLVED_FULL", "RESOLVED_PARTIAL" or "RESOLVED_NO".
[[nodiscard]] std::string_view to_string(Resolution resolution);

/// What the verdict needs of an instance.
struct GradedInstance {
  std::string instance_id;
  std::string version;
  std::vector<std::string> fail_to_pass;
  std::vector<std::string> pass_to_pass;
  EvalType eval_type = EvalType::pass_and_fail;
};

/// The official report on one instance.
struct InstanceReport {
  bool patch_is_none = false;
  bool patch_exists = false;
  bool patch_successfully_applied = false;
  bool resolved = false;
  std::optional<FailureReason> failure;     ///< only where the log was not believed
  std::optional<TestsStatus> tests_status;  ///< only where it was
  std::string reason;  ///< why it was not believed, in words; not part of the report
  /// The official parser raises an error on this log: there is no report, and the
  /// instance counts as an error in the run's.
  bool error = false;
};

/// The report on an instance whose prediction has no patch at all (null).
[[nodiscard]] InstanceReport report_without_patch();
/// The report on an instance whose patch was run. `text` is official_text of the log.
[[nodiscard]] InstanceReport official_report(const GradedInstance& instance,
                                             const LogParser& parser, std::string_view text);

/// {id: {patch_is_None, patch_exists, ...}} in the official order of keys.
[[nodiscard]] nlohmann::ordered_json to_json(const std::string& instance_id,
                                             const InstanceReport& report);

}  // namespace weir
