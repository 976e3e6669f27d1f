#include "harness/router/cascade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/seed.hpp"

namespace weir {
namespace {

/// A trial shorter than this is budgeted as if it were this long: a share of
/// the first few turns is not a share of anything.
constexpr int kShortestBudgetedTrial = 20;

/// A turn that failed, for `consecutive_failures`.
bool failed(const TurnEvidence& evidence) {
  return evidence.format_error || evidence.no_action || evidence.nonzero_exit ||
         !evidence.patch_applies.value_or(true) ||
         (evidence.tests_red.value_or(false) && !evidence.tests_red_before);
}

}  // namespace

Choice Cascade::choose(const RouterState& state, std::int64_t context_tokens) const {
  if (top_tier() <= 0) return {};
  if (policy_.random_share) {
    const double share = *policy_.random_share;
    const bool up = draw(seed_, fmt::format("random_share/{}", state.turns)) < share;
    return up ? Choice{top_tier(), "random_share", share} : Choice{0, "random_share", 1 - share};
  }
  if (!within_budget(state)) return {};
  if (state.stay_left != 0) return {state.tier, "stay", 1};
  if (policy_.context_tokens && context_tokens > *policy_.context_tokens) {
    return {1, "context_tokens", 1};
  }
  if (policy_.consecutive_failures && state.consecutive_failures >= *policy_.consecutive_failures) {
    return {1, "consecutive_failures", 1};
  }
  return {};
}

Judgement Cascade::judge(const RouterState& state, const TurnEvidence& evidence, int tier) const {
  Judgement judgement;
  judgement.signals = signals_of(evidence);
  judgement.score = score_of(policy_, judgement.signals);
  const bool possible = tier < top_tier() && !policy_.random_share && within_budget(state);
  const bool always = possible && policy_.final_review && evidence.submits && !evidence.executed;
  nlohmann::json grid = nlohmann::json::object();
  for (const double threshold : policy_.grid) {
    const bool up = always || (possible && judgement.score >= threshold);
    grid[fmt::format("{}", threshold)] = up ? "escalate" : "accept";
  }
  judgement.grid = grid.dump();
  if (possible && judgement.score >= threshold_) {
    judgement.escalate = true;
    judgement.rule = "score";
  } else if (always) {
    judgement.escalate = true;
    judgement.rule = "final_review";
  }
  return judgement;
}

Judgement Cascade::judge_draft(const RouterState& state, const TurnEvidence& evidence,
                               int tier) const {
  Judgement judgement = judge(state, evidence, tier);
  if (!judgement.escalate) return judgement;
  if (policy_.redo == Redo::next_turn) {
    judgement.mode = "next_turn";
    judgement.undo = "none";
  } else {
    judgement.mode = "rerun";
    judgement.undo = "exact";  // nothing was executed
  }
  return judgement;
}

Judgement Cascade::judge_result(const RouterState& state, const TurnEvidence& evidence, int tier,
                                bool can_undo) const {
  Judgement judgement = judge(state, evidence, tier);
  if (!judgement.escalate) return judgement;
  const bool rerun = policy_.redo == Redo::rollback && can_undo;
  judgement.mode = rerun ? "rerun" : "next_turn";
  judgement.undo = rerun ? "exact" : "none";
  return judgement;
}

RouterState Cascade::advance(RouterState state, const TurnEvidence& evidence, int tier,
                             const Judgement& judgement) const {
  ++state.turns;
  if (tier > 0) ++state.strong_turns;
  state.consecutive_failures = failed(evidence) ? state.consecutive_failures + 1 : 0;
  if (evidence.tests_red) state.tests_red = *evidence.tests_red;
  if (tier > 0 && state.consecutive_failures > 0 && policy_.consecutive_failures) {
    state.consecutive_failures = 0;  // the strong tier had its turn; start counting anew
  }
  if (judgement.escalate && judgement.mode == "next_turn") {
    state.tier = std::min(tier + 1, top_tier());
    state.stay_left = policy_.stay.value_or(-1);
    return state;
  }
  const bool arrived = tier > 0 && (state.stay_left == 0 || tier > state.tier);
  if (arrived) {  // this turn was the first of the stay
    state.tier = tier;
    state.stay_left = policy_.stay ? *policy_.stay - 1 : -1;
  } else if (state.stay_left > 0) {
    --state.stay_left;
  }
  return state;
}

bool Cascade::may_roll_back(int tier) const {
  return policy_.redo == Redo::rollback && tier < top_tier() && !policy_.random_share;
}

bool Cascade::wants_tests() const {
  const auto weight = policy_.weights.find("tests_red");
  return top_tier() > 0 && weight != policy_.weights.end() && weight->second > 0;
}

bool Cascade::within_budget(const RouterState& state) const {
  if (!policy_.max_strong_share) return true;
  const int length = std::max(state.turns + 1, kShortestBudgetedTrial);
  return state.strong_turns + 1 <= std::floor(*policy_.max_strong_share * length);
}

}  // namespace weir
