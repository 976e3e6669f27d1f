#pragma once

#include <string>
#include <vector>

#include "results/record.hpp"
#include "runners/environment.hpp"
#include "runners/grade/log_parsers.hpp"
#include "runners/limiter.hpp"
#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

/// What a grader says of one submission.
struct Verdict {
  Outcome outcome = Outcome::invalid;
  std::string message;                 ///< why, in one line
  std::vector<Reward> rewards;
  std::string evidence;                ///< the log the verdict rests on
  std::vector<std::string> anomalies;  ///< what a reader should know
};

/// Where grading happens: boxes the agent never touched.
struct GradingRoom {
  Sandbox& sandbox;
  Limiter& graders;
  const PreparedEnvironment& environment;
  std::stop_token stop;
  bool grade_empty_diffs = false;
};

/// Grades a diff: a fresh box, base + diff + hidden tests, the test command,
/// the log parser, the two test lists. An empty diff is unresolved without
/// running anything, unless the room says otherwise. What the submission itself
/// may have broken is never an error of the machine.
[[nodiscard]] Verdict grade_patch(const std::string& patch, const AgentTask& task,
                                  const PatchGrading& grading, const GradingRoom& room);

/// Grades the state `final` (all agent processes gone): starts the task's service again, puts
/// the tests at /tests, runs test.sh, reads the reward files from /logs/verifier.
[[nodiscard]] Verdict grade_final_state(const SnapshotPtr& final, const AgentTask& task,
                                        const RewardGrading& grading, const GradingRoom& room);

/// Grades the state `final` as the old Terminal-Bench does: runs run-tests.sh, reads its log.
[[nodiscard]] Verdict grade_test_log(const SnapshotPtr& final, const AgentTask& task,
                                     const TestLogGrading& grading, const GradingRoom& room);
/// What a log of run-tests.sh (official_text) says, by the task's parser: one of log_parsers,
/// or "swebench", a verdict between markers. Resolved if at least one test is in it and all
/// passed, were skipped or failed as expected; `invalid` (parse_error) if none can be read.
void judge_test_log(std::string_view log, std::string_view parser, Verdict& verdict);
[[nodiscard]] bool knows_test_log(std::string_view parser);

/// Whether every reward is at least 1.
[[nodiscard]] bool passes(const std::vector<Reward>& rewards);

/// SWE-bench's rule: every fail_to_pass test PASSED or XFAIL, every
/// pass_to_pass test PASSED, XFAIL or SKIPPED; absent tests fail. An expected
/// id cut inside a parameter matches by prefix if all candidates agree.
struct TestVerdict {
  std::vector<std::string> fail_to_pass_failed;
  std::vector<std::string> pass_to_pass_failed;
  [[nodiscard]] bool resolved() const {
    return fail_to_pass_failed.empty() && pass_to_pass_failed.empty();
  }
};
[[nodiscard]] TestVerdict judge_tests(const TestStatuses& statuses, const PatchGrading& grading);

/// Harbor's reward files as rewards. Throws UserError if one is malformed.
[[nodiscard]] std::vector<Reward> parse_reward_json(std::string_view text);
[[nodiscard]] std::vector<Reward> parse_reward_text(std::string_view text);

}  // namespace weir
