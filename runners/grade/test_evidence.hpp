#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"
#include "runners/grade/official_report.hpp"
#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

/// What one run of a test command is worth.
struct TestEvidence {
  Outcome outcome = Outcome::invalid;  ///< resolved, unresolved or invalid
  std::string message;                 ///< why, in one line
  std::vector<std::string> anomalies;
  InstanceReport report;  ///< as the official harness would report it; of an invalid run unresolved
  std::string log;        ///< as the official harness keeps it: markers and exit code included
};

/// What only a harness writes, if the output of tests holds any of it; else "".
[[nodiscard]] std::string forged_marker(std::string_view log);

/// Up to three names, and how many more there are.
[[nodiscard]] std::string some_of(const std::vector<std::string>& tests);

/// Judges a test command that ran on its own, so that its output is the log and nothing else
/// and its exit code came on a channel no test can write. Resolved only if three witnesses
/// agree: the parsed statuses (the official reading, and a strict one of the same log), the
/// runner's own closing words, and the exit code. Forged, doubled, cut-off or contradicting
/// evidence is `invalid`; it never helps. Throws InfraError for an unknown parser. Pure.
[[nodiscard]] TestEvidence judge_test_run(const ExecResult& run, const AgentTask& task,
                                          const PatchGrading& grading);

}  // namespace weir
