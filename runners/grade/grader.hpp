#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"
#include "runners/environment.hpp"
#include "runners/grade/official_report.hpp"
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
  /// Of a diff that was run: what the official harness would report and keep.
  std::optional<InstanceReport> report = {};
  std::string test_log = {};
  std::vector<KeptArtifact> artifacts = {};  ///< of a final state, below the room's folder
  bool applied = true;  ///< the diff did, and the hidden tests after it
};

class Pod;

/// Where grading happens: boxes the agent never touched.
struct GradingRoom {
  Sandbox& sandbox;
  Limiter& graders;
  const PreparedEnvironment& environment;
  std::stop_token stop;
  bool grade_empty_diffs = false;
  std::optional<milliseconds> timeout = {};  ///< of the tests, in place of the task's
  /// Of final states. Where a verifier judges in a box of its own, which this is; else null.
  EnvironmentPtr verifier = {};
  std::filesystem::path artifacts = {};  ///< where they are kept; "": nowhere
  PhaseNetwork network = {};             ///< of the verifier
  bool agent_fetches = false;            ///< it had a network, so packages may be from there
  Pod* pod = nullptr;                    ///< the services beside the box; null: none
};

/// What makes two runs of the same tests alike, where the task does not say otherwise: time
/// zone, locale and hash seed.
void add_steady_environment(std::map<std::string, std::string>& env);

/// Lets programs believe that it is `time` when they begin, as far as they are linked
/// dynamically: by a library that the base must have.
void add_clock(std::map<std::string, std::string>& env, TimePoint time);
inline constexpr const char* kClockLibrary =
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// Part of what a verdict is known by: changes whenever the same input could be judged
/// otherwise.
inline constexpr std::string_view kGraderVersion = "7";

/// Grades a diff: a fresh box, base + diff + hidden tests, the test command,
/// the log parser, the two test lists (test_evidence.hpp). Test code and configuration that the
/// diff touches and the gold solution (`gold`, which may be empty) does not are set back to the
/// base, and what was dropped is told; where that could have cost the verdict, it is graded as it
/// stands too, and that is told. An empty diff is unresolved without running anything, unless the
/// room says otherwise. What the submission itself may have broken is never an error of the
/// machine.
[[nodiscard]] Verdict grade_patch(const std::string& patch, const AgentTask& task,
                                  const PatchGrading& grading, const std::string& gold,
                                  const GradingRoom& room);

/// Grades the state `final` (all agent processes gone): starts the task's service again, takes
/// the artifacts out, puts the tests at /tests, runs test.sh, reads the reward files from
/// /logs/verifier. A separate verifier does the latter in a box of its own, which has the
/// artifacts and nothing else of the agent's.
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

/// Harbor's reward files as rewards. Throws UserError if one is malformed.
[[nodiscard]] std::vector<Reward> parse_reward_json(std::string_view text);
[[nodiscard]] std::vector<Reward> parse_reward_text(std::string_view text);

}  // namespace weir
