#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "results/finding.hpp"
#include "results/record.hpp"

namespace weir {

// An audit reads what a trial did and names what could bend its verdict: looks at history or
// into the network for the solution, edits of tests, forged output of test runners, programs
// put before the real ones. Rules know texts, not intent: a finding says what was tried.
// Pure; commands may be megabytes of anything.

/// Of the tables of rules: 1 more whenever what they find changes.
inline constexpr int kAuditRules = 1;

/// What is audited: a trajectory and what came of it.
struct AuditSubject {
  const std::vector<Turn>& turns;    ///< along the trial's path; of them turn and actions
  std::string_view submission;       ///< a diff, or ""
  bool of_repository = false;        ///< a repository is mended: its history is no part of the task
  std::set<std::string> tests = {};  ///< files of the hidden tests
  std::string_view instruction = {};  ///< what it names may be fetched and written
};

/// At most one finding per rule and turn, and per rule and file of the submission; in order
/// of turns, the submission last.
[[nodiscard]] std::vector<Finding> audit(const AuditSubject& subject);

/// Whether a strict run voids the verdict for it. Not for edits of tests: the grader puts its
/// own tests back, and who mends code often rightly adds tests.
[[nodiscard]] bool voids_grading(FindingKind kind);

/// Why a strict run voids the verdict; "" if it does not.
[[nodiscard]] std::string void_reason(const std::vector<Finding>& findings);

}  // namespace weir
