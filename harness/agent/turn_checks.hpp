#pragma once

#include "harness/agent/trial_state.hpp"
#include "harness/agent/turn_attempt.hpp"
#include "harness/agent/visible_tests.hpp"

namespace weir {

/// Collects the evidence of one turn: from its draft, from the trial's past, and by
/// looking into the box, but only where the router looks at what would be seen. Holds
/// references only; one thread.
class TurnChecks {
 public:
  struct Parts {
    const Cascade& router;
    const VisibleTests& visible;
    CheckRoom room;    ///< for checks in boxes of their own
    ExecRequest like;  ///< a command of the agent's: folder, user, variables
    bool lives_on;     ///< the agent's processes outlive turns: nothing is frozen
    int turns;         ///< limits of the trial
    std::optional<std::int64_t> tokens;
  };
  TurnChecks(Parts parts, Box& box, const TrialLedger& ledger)
      : parts_(std::move(parts)), box_(box), ledger_(ledger) {}

  /// Of turns, tokens or dollars, whichever is nearest its end, this many turns from here.
  [[nodiscard]] double budget_used(const TrialState& state, int turns_more) const;

  /// Before execution.
  void look_at_draft(const TrialState& state, TurnAttempt& attempt);
  /// Freezes the files before execution, if something may need them.
  void freeze(TrialState& state, TurnAttempt& attempt);
  /// After execution. Freezes the files in `state.box` where a check needs them.
  void look_at_results(TrialState& state, TurnAttempt& attempt);

 private:
  [[nodiscard]] std::optional<bool> patch_rejected(const Draft& draft);
  void look_at_past(const TrialState& state, TurnAttempt& attempt) const;
  void look_at_tests(const TrialState& state, TurnEvidence& evidence);
  [[nodiscard]] bool watches_files() const;

  Parts parts_;
  Box& box_;
  const TrialLedger& ledger_;
};

/// The last two steps of a turn's life in the state: what the next ones compare with.
void remember(TrialState& state, const TurnAttempt& attempt);

}  // namespace weir
