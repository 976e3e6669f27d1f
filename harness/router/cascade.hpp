#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/router/policy.hpp"
#include "harness/router/signals.hpp"

namespace weir {

/// What the router remembers between turns. A copyable value: part of a trial's
/// state.
struct RouterState {
  int tier = 0;              ///< for the next turn
  int stay_left = 0;         ///< turns to remain there; < 0: the rest
  int consecutive_failures = 0;
  int turns = 0;             ///< accepted
  int strong_turns = 0;      ///< of these, at tier >= 1
  bool tests_red = false;    ///< as last known
};

/// The router's word on a draft or an executed turn.
struct Judgement {
  bool escalate = false;
  std::string rule;   ///< "score" or the name of an always-rule; "" if accepted
  double score = 0;
  double propensity = 1;
  std::string mode;   ///< rerun | next_turn | ""
  std::string undo;   ///< exact | none | ""
  std::map<std::string, double> signals;
  std::string grid;   ///< JSON: what each other grid threshold would have said
};

/// Which tier to ask first, and why.
struct Choice {
  int tier = 0;
  std::string rule;       ///< "" for the base tier; stay, context_tokens, ...
  double propensity = 1;  ///< probability of this choice given what was known
};

/// Routes one trial. Pure but for the state it is handed; one thread.
class Cascade {
 public:
  /// `threshold` is the trial's own; `seed` feeds the random-share control.
  Cascade(const Policy& policy, double threshold, std::uint64_t seed)
      : policy_(policy), threshold_(threshold), seed_(seed) {}

  /// The tier to ask first on the next turn.
  [[nodiscard]] Choice choose(const RouterState& state, std::int64_t context_tokens) const;

  /// Judges a draft before it is executed. `tier` made it.
  [[nodiscard]] Judgement judge_draft(const RouterState& state, const TurnEvidence& evidence,
                                      int tier) const;
  /// Judges an executed turn. `can_undo`: the state before it can be restored.
  [[nodiscard]] Judgement judge_result(const RouterState& state, const TurnEvidence& evidence,
                                       int tier, bool can_undo) const;

  /// The state after a turn was accepted from `tier`.
  [[nodiscard]] RouterState advance(RouterState state, const TurnEvidence& evidence, int tier,
                                    const Judgement& judgement) const;

  /// Whether an executed turn of `tier` could be discarded: only then is a
  /// snapshot worth taking.
  [[nodiscard]] bool may_roll_back(int tier) const;
  /// Whether the visible tests are worth running at all.
  [[nodiscard]] bool wants_tests() const;

  [[nodiscard]] double threshold() const { return threshold_; }
  [[nodiscard]] int top_tier() const { return static_cast<int>(policy_.tiers.size()) - 1; }

 private:
  [[nodiscard]] Judgement judge(const RouterState& state, const TurnEvidence& evidence,
                                int tier) const;
  [[nodiscard]] bool within_budget(const RouterState& state) const;

  const Policy& policy_;
  double threshold_;
  std::uint64_t seed_;
};

}  // namespace weir
