#pragma once

#include <string>

#include "harness/agent/trial_state.hpp"
#include "harness/model/ledger.hpp"

namespace weir {

/// What is left of a history that grew too long for its model.
struct SummingUp {
  Answer answer;          ///< of the call that made it, or failed to
  std::string text;       ///< "" if it could not be had
  bool given_up = false;  ///< even a part of the history was too long: go on without
};

/// Tokens of a state's history: those of the last accepted call, and an estimate of what was
/// appended since.
[[nodiscard]] std::int64_t context_of(const TrialState& state);

/// Asks `tier` to sum the state's history up. Where the history with that request is too long,
/// its end is left out, then more of it. The calls are the turn's, with samples of their own and
/// the note "summary". Throws as TrialLedger::call.
[[nodiscard]] SummingUp sum_up_history(TrialLedger& ledger, int tier, const TrialState& state,
                                       const nlohmann::json& tools, const Message& request,
                                       Deadline& deadline);

/// Results of a turn that summed the history up.
inline constexpr const char* kSummedUp = R"([{"status":"summed_up"}])";
/// The row of a turn that summed the history up.
[[nodiscard]] Turn summed_up_row(const TrialState& state, int tier, const SummingUp& summary);

}  // namespace weir
