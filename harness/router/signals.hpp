#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/router/evidence.hpp"
#include "results/record.hpp"

namespace weir {

/// When a signal is known: `draft` before the turn is executed, `result` after.
enum class Moment { draft, result };

/// One signal: a pure function of the evidence; 0 is good; nullopt is unknown.
struct SignalDefinition {
  std::string_view name;
  std::optional<double> (*value)(const TurnEvidence&);
  bool unit;  ///< in [0,1]: may carry a weight. Others are magnitudes, for logs and external policies
  Moment known;
  Visibility visibility;  ///< who could know it
  bool of_tests = false;  ///< a grader's, where the visible tests hold hidden ones
};

[[nodiscard]] const std::vector<SignalDefinition>& signal_definitions();
/// By name, of those that may carry a weight; nullptr if there is none.
[[nodiscard]] const SignalDefinition* find_signal(std::string_view name);
/// Names of the signals that may carry a weight.
[[nodiscard]] std::vector<std::string> signal_names();

/// Who can know `definition`'s value of this turn: only a grader what hidden tests say.
[[nodiscard]] Visibility visibility_of(const SignalDefinition& definition,
                                       const TurnEvidence& evidence);

/// All signals known at this moment (before or after execution).
[[nodiscard]] std::map<std::string, double> signals_of(const TurnEvidence& evidence);

/// Those a policy may see: no grader's.
[[nodiscard]] std::map<std::string, double> policy_signals(const TurnEvidence& evidence);

}  // namespace weir
