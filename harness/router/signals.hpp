#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"

namespace weir {

/// What is known of a turn so far. Filled from the draft before execution, and
/// further once it ran. Unknown stays unknown and makes its signal 0.
struct TurnEvidence {
  int turn = 0;
  std::int64_t context_tokens = 0;
  bool format_error = false;
  bool no_action = false;
  bool submits = false;
  std::optional<bool> patch_applies;   ///< of a diff in the draft
  bool repeats = false;                ///< same commands as the previous turn
  int consecutive_failures = 0;        ///< failed turns right before this one
  bool tests_red_before = false;       ///< as last known before the turn
  // After execution.
  bool executed = false;
  bool nonzero_exit = false;
  bool changed_files = false;
  std::optional<bool> tests_red;       ///< after the turn, where it changed files
};

/// One signal: a pure function of the evidence, in [0,1] unless `scored` is
/// false; 0 is good.
struct SignalDefinition {
  std::string_view name;
  double (*value)(const TurnEvidence&);
  bool scored;             ///< may carry a weight
  bool before_execution;   ///< known when the draft is judged
  Visibility visibility;
};

[[nodiscard]] const std::vector<SignalDefinition>& signal_definitions();
[[nodiscard]] const SignalDefinition* find_signal(std::string_view name);
/// Names of the signals that may carry a weight.
[[nodiscard]] std::vector<std::string> signal_names();

/// All signals known at this moment (before or after execution).
[[nodiscard]] std::map<std::string, double> signals_of(const TurnEvidence& evidence);

}  // namespace weir
