#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "harness/model/surprise.hpp"

namespace weir {

/// k samples of one turn, compared by what they would do.
struct VoteTally {
  int samples = 0;
  int plurality = 0;   ///< samples that agree with the most frequent one
  double entropy = 0;  ///< of the classes, over log(samples): in [0,1]
};

/// What the visible tests said after a turn.
struct TestsSeen {
  bool red = false;              ///< exit status not 0, or not ended in time
  std::optional<int> count;      ///< red tests, where the runner names or counts them
  std::optional<int> newly_red;  ///< of these, not red before the turn
  std::optional<std::set<std::string>> red_names;
};

/// What is known of a turn so far. Filled from the draft before execution, and
/// further once it ran. What is unknown has no signal.
struct TurnEvidence {
  // Where the turn stands.
  int turn = 0;
  std::int64_t context_tokens = 0;
  int consecutive_failures = 0;          ///< failed turns right before this one
  std::optional<bool> tests_red_before;  ///< of the files before the turn
  bool room_again = true;  ///< as much of every limit is left as the trajectory has used
  double budget_used = 0;  ///< of turns, tokens or dollars, whichever is nearest its end
  double elapsed_s = 0;    ///< working time of the trial so far

  // The draft.
  bool format_error = false;  ///< it has actions, or was to have, and none can be run
  bool no_action = false;
  bool invalid_tool_call = false;  ///< some call names no tool, or its arguments do not parse
  bool tool_markup = false;        ///< calls written as text
  bool truncated = false;          ///< cut off at the length limit
  bool submits = false;
  bool acts_first = false;  ///< it submits, but not before it has done something else
  std::optional<bool> patch_rejected = false;  ///< of a diff in the draft; no diff: false
  bool repeats = false;
  double similarity = 0;  ///< to the most similar recent turn that is no exact repeat, in [0,1]
  std::optional<std::int64_t> output_tokens;
  std::optional<std::int64_t> reasoning_tokens;
  std::optional<Surprise> surprise;
  std::optional<VoteTally> vote;

  // After execution.
  bool executed = false;
  std::optional<bool> nonzero_exit;  ///< of commands; keystrokes have no status
  std::optional<bool> command_timeout;
  std::optional<bool> changed_files;
  std::optional<int> unparsable_files;  ///< that parsed, or were not there, before the turn
  std::optional<TestsSeen> tests;       ///< where the turn changed files
  bool tests_hidden = false;  ///< the visible tests hold hidden ones: only a grader may know
};

}  // namespace weir
