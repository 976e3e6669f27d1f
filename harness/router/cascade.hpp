#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/router/policy.hpp"
#include "harness/router/signals.hpp"

namespace weir {

class ExternalPolicy;
struct DraftText;

/// What the router remembers between turns. A copyable value: part of a trial's
/// state.
struct RouterState {
  int tier = 0;              ///< for the next turn
  int stay_left = 0;         ///< turns to remain there; < 0: the rest
  int floor = 0;             ///< the lowest tier since the last restart
  int last_tier = 0;         ///< of the last accepted turn
  int consecutive_failures = 0;
  int turns = 0;             ///< accepted
  int strong_turns = 0;      ///< of these, at tier >= 1
  int escalations = 0;       ///< times it went up
  int restarts = 0;
  std::int64_t strong_pusd = 0;  ///< spent at tiers >= 1, the unknown at its worst
  std::optional<bool> tests_red;  ///< of the files as they are; unknown if nobody looked
};

/// What is known of a trial before its first turn and may route it.
struct TrialOutlook {
  std::string difficulty;               ///< as the task declares it
  std::int64_t instruction_tokens = 0;  ///< estimated
  bool previous_attempt_failed = false; ///< visibly: it did not submit, or submitted red tests
};

/// The router's word on a draft or an executed turn.
struct Judgement {
  bool escalate = false;
  std::string rule;   ///< "score" or the name of an always-rule; "" if accepted
  double score = 0;
  double propensity = 1;
  std::string mode;   ///< rerun | next_turn | restart | ""
  std::string undo;   ///< exact | files_only | none | ""
  int to = 0;         ///< the tier it goes to
  std::map<std::string, double> signals;  ///< all, also those no policy may see
  std::string grid;   ///< JSON: what each other grid threshold would have said
  std::vector<bool> at_grid = {};  ///< the same, by place on the policy's grid: escalate?
  bool open = false;  ///< the score decided: another threshold could have said otherwise
};

/// Which tier to ask first, and why.
struct Choice {
  int tier = 0;
  std::string rule;       ///< "" for the base tier; stay, context_tokens, ...
  double propensity = 1;  ///< probability of this choice given what was known
  std::string grid = "{}";
};

/// How the state before an executed turn could be had back.
enum class Undo { none, files_only, exact };

/// Routes one trial. Pure but for the state it is handed and an external policy's
/// own; one thread.
class Cascade {
 public:
  /// `threshold` is the trial's own; `seed` feeds the blind controls. `external`
  /// answers in place of the score, if it is not null, and must outlive this.
  Cascade(const Policy& policy, double threshold, std::uint64_t seed, TrialOutlook outlook = {},
          ExternalPolicy* external = nullptr);

  /// Where a trial begins; and begins again, after a restart.
  [[nodiscard]] RouterState begin() const;
  [[nodiscard]] RouterState restarted(RouterState state, const Judgement& judgement) const;

  /// The tier to ask first on the next turn. Throws PolicyFailed.
  [[nodiscard]] Choice choose(const RouterState& state, int turn,
                              std::int64_t context_tokens) const;

  /// Judges a draft before it is executed. `tier` made it. `forced`: a fork's decision, in
  /// place of the threshold's. Throws PolicyFailed.
  [[nodiscard]] Judgement judge_draft(const RouterState& state, const TurnEvidence& evidence,
                                      int tier, const DraftText* text = nullptr,
                                      std::optional<bool> forced = {}) const;
  /// Judges an executed turn. `undo`: how the state before it could be restored.
  [[nodiscard]] Judgement judge_result(const RouterState& state, const TurnEvidence& evidence,
                                       int tier, Undo undo, const DraftText* text = nullptr,
                                       std::optional<bool> forced = {}) const;
  /// Judges a trajectory that ended without a submission: may it start afresh?
  [[nodiscard]] Judgement judge_end(const RouterState& state, int tier) const;

  /// The state after a turn was accepted from `tier`.
  /// `asked_first`: the tier that answered it first, if another answer was discarded.
  [[nodiscard]] RouterState advance(RouterState state, const TurnEvidence& evidence, int tier,
                                    const Judgement& judgement,
                                    std::optional<int> asked_first = {}) const;

  /// Whether anything is ever decided.
  [[nodiscard]] bool decides() const { return top_tier() > 0 || policy_.attempts; }
  /// Whether an executed turn of `tier` could be discarded: only then is a
  /// snapshot worth taking.
  [[nodiscard]] bool may_roll_back(int tier) const;
  /// Whether what a draft of `tier` would do is worth asking for again.
  [[nodiscard]] bool may_vote(const RouterState& state, int tier) const;
  /// Whether what turns show can decide anything.
  [[nodiscard]] bool watches() const { return top_tier() > 0 && !policy_.blind(); }
  /// Whether the policy looks at this signal, and may act on it.
  [[nodiscard]] bool looks_at(std::string_view signal) const;
  /// Whether the visible tests are worth running at all.
  [[nodiscard]] bool wants_tests() const;

  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] double threshold() const { return threshold_; }
  [[nodiscard]] int top_tier() const { return static_cast<int>(policy_.tiers.size()) - 1; }

 private:
  [[nodiscard]] Choice choose_blindly(const RouterState& state) const;
  [[nodiscard]] Choice choose_by_rule(const RouterState& state, int turn,
                                      std::int64_t context_tokens) const;
  [[nodiscard]] Judgement judge(const RouterState& state, const TurnEvidence& evidence, int tier,
                                const DraftText* text, std::optional<bool> forced) const;
  [[nodiscard]] bool may_escalate(const RouterState& state, int tier) const;
  [[nodiscard]] bool may_start_again(const RouterState& state, int tier) const;
  [[nodiscard]] bool within_budget(const RouterState& state) const;
  [[nodiscard]] int pre_routed() const;
  [[nodiscard]] std::string grid_text(const std::vector<bool>& escalate) const;

  const Policy& policy_;
  double threshold_;
  std::uint64_t seed_;
  TrialOutlook outlook_;
  ExternalPolicy* external_;
};

}  // namespace weir
