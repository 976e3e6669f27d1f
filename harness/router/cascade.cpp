#include "harness/router/cascade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/router/external_policy.hpp"
#include "harness/seed.hpp"

namespace weir {
namespace {

/// A trial shorter than this is budgeted as if it were this long: a share of
/// the first few turns is not a share of anything.
constexpr int kShortestBudgetedTrial = 20;

/// A turn that failed, for `consecutive_failures`.
bool failed(const TurnEvidence& evidence) {
  const bool turned_red =
      !evidence.tests_hidden && evidence.tests && evidence.tests->red &&
      evidence.tests_red_before == false;
  return evidence.format_error || evidence.no_action || evidence.nonzero_exit.value_or(false) ||
         evidence.patch_rejected.value_or(false) || turned_red;
}

/// As JSON and SQL both write the number: 1.0, not 1.
std::string key_of(double threshold) { return nlohmann::json(threshold).dump(); }

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string_view name_of(Undo undo) {
  switch (undo) {
    case Undo::exact: return "exact";
    case Undo::files_only: return "files_only";
    case Undo::none: break;
  }
  return "none";
}

}  // namespace

Cascade::Cascade(const Policy& policy, double threshold, std::uint64_t seed, TrialOutlook outlook,
                 ExternalPolicy* external)
    : policy_(policy),
      threshold_(threshold),
      seed_(seed),
      outlook_(std::move(outlook)),
      external_(external) {}

RouterState Cascade::begin() const {
  RouterState state;
  if (policy_.pre_router) state.tier = state.floor = pre_routed();
  return state;
}

/// What was spent stays spent; what was known of the abandoned files is void.
RouterState Cascade::restarted(RouterState state, const Judgement& judgement) const {
  if (judgement.to > state.last_tier) ++state.escalations;
  state.tier = state.floor = state.last_tier = judgement.to;
  state.stay_left = 0;
  state.consecutive_failures = 0;
  ++state.restarts;
  return state;
}

int Cascade::pre_routed() const {
  const PreRouter& router = *policy_.pre_router;
  bool up = contains(router.difficulty, outlook_.difficulty);
  if (router.instruction_tokens) up = outlook_.instruction_tokens >= *router.instruction_tokens;
  if (router.share) up = draw(seed_, "pre_router") < *router.share;
  return up ? top_tier() : 0;
}

Choice Cascade::choose(const RouterState& state, int turn, std::int64_t context_tokens) const {
  if (!decides()) return {};
  Choice choice = policy_.blind() ? choose_blindly(state)
                                  : choose_by_rule(state, turn, context_tokens);
  choice.grid = grid_text(std::vector<bool>(policy_.grid.size(), choice.tier > state.floor));
  return choice;
}

Choice Cascade::choose_blindly(const RouterState& state) const {
  if (policy_.pre_router) {
    const double share = policy_.pre_router->share.value_or(1);
    const double propensity =
        !policy_.pre_router->share ? 1 : state.floor > 0 ? share : 1 - share;
    return {state.floor, state.turns == 0 ? "pre_router" : "", propensity};
  }
  if (!policy_.random_share) return {};
  const double share = *policy_.random_share;
  const bool up = draw(seed_, fmt::format("random_share/{}", state.turns)) < share;
  return up ? Choice{top_tier(), "random_share", share} : Choice{0, "random_share", 1 - share};
}

Choice Cascade::choose_by_rule(const RouterState& state, int turn,
                               std::int64_t context_tokens) const {
  if (!within_budget(state)) return {0, "", 1};  // a cap binds a restarted trial too
  const Choice base{state.floor, "", 1};
  if (state.stay_left != 0) return {state.tier, "stay", 1};
  const bool up_already = state.last_tier > state.floor;
  if (!up_already && !may_escalate(state, state.floor)) return base;
  const int next = std::min(state.floor + 1, top_tier());
  const auto rule = [&](const char* name) { return Choice{std::max(next, 1), name, 1}; };
  if (policy_.previous_attempt_failed && outlook_.previous_attempt_failed) {
    return rule("previous_attempt_failed");
  }
  if (contains(policy_.task_difficulty, outlook_.difficulty)) return rule("task_difficulty");
  if (policy_.context_tokens && context_tokens > *policy_.context_tokens) {
    return rule("context_tokens");
  }
  if (policy_.consecutive_failures && state.consecutive_failures >= *policy_.consecutive_failures) {
    return rule("consecutive_failures");
  }
  if (external_ == nullptr) return base;
  const Opinion opinion = external_->choose(state, turn, context_tokens);
  const int tier = std::clamp(opinion.tier.value_or(0), state.floor, top_tier());
  if (tier == state.floor && !opinion.propensity) return base;
  return {tier, "exec", opinion.propensity.value_or(1)};
}

Judgement Cascade::judge(const RouterState& state, const TurnEvidence& evidence, int tier,
                         const DraftText* text, std::optional<bool> forced) const {
  Judgement judgement;
  judgement.signals = signals_of(evidence);
  const auto seen = policy_signals(evidence);
  const bool possible = may_escalate(state, tier);
  Opinion opinion;
  if (external_ != nullptr) opinion = external_->judge(state, tier, seen, text, evidence.executed);
  judgement.score = external_ == nullptr ? score_of(policy_, seen)
                                         : opinion.score.value_or(opinion.escalate.value_or(false));
  judgement.to = std::clamp(opinion.tier.value_or(tier + 1), std::min(tier + 1, top_tier()), top_tier());
  const auto reaches = [&](double threshold) {
    return possible && opinion.escalate.value_or(judgement.score >= threshold);
  };
  const bool always = possible && tier == 0 && policy_.final_review && evidence.submits &&
                      !evidence.executed;
  // Its chance matters only where the opinion decides.
  if (possible && !always) judgement.propensity = opinion.propensity.value_or(1);
  for (const double threshold : policy_.grid) {
    judgement.at_grid.push_back(always || reaches(threshold));
  }
  judgement.grid = grid_text(judgement.at_grid);
  judgement.open = possible && !always;
  judgement.escalate = forced ? *forced && possible : reaches(threshold_) || always;
  if (judgement.escalate) {
    judgement.rule = forced                  ? "fork"
                     : !reaches(threshold_)  ? "final_review"
                     : external_ != nullptr  ? "exec"
                                             : "score";
  }
  return judgement;
}

Judgement Cascade::judge_draft(const RouterState& state, const TurnEvidence& evidence, int tier,
                               const DraftText* text, std::optional<bool> forced) const {
  Judgement judgement = judge(state, evidence, tier, text, forced);
  bool afresh = evidence.submits && evidence.room_again && may_start_again(state, tier);
  if (policy_.attempts && afresh) {
    const auto red = judgement.signals.find("tests_red");
    judgement.escalate = !evidence.tests_hidden && red != judgement.signals.end() && red->second > 0;
    judgement.rule = judgement.escalate ? "attempts" : "";
    judgement.to = tier;
  }
  if (!judgement.escalate) return judgement;
  afresh = afresh && judgement.rule != "final_review";  // there is something to review
  if (afresh) {
    judgement.mode = "restart";
    judgement.undo = "exact";  // a fresh box
  } else if (policy_.redo == Redo::next_turn) {
    judgement.mode = "next_turn";
    judgement.undo = "none";
  } else {
    judgement.mode = "rerun";
    judgement.undo = "exact";  // nothing was executed
  }
  return judgement;
}

Judgement Cascade::judge_result(const RouterState& state, const TurnEvidence& evidence, int tier,
                                Undo undo, const DraftText* text,
                                std::optional<bool> forced) const {
  Judgement judgement = judge(state, evidence, tier, text, forced);
  if (!judgement.escalate) return judgement;
  const bool rerun = policy_.redo == Redo::rollback && undo != Undo::none;
  judgement.mode = rerun ? "rerun" : "next_turn";
  judgement.undo = rerun ? name_of(undo) : "none";
  return judgement;
}

Judgement Cascade::judge_end(const RouterState& state, int tier) const {
  Judgement judgement;
  judgement.at_grid.assign(policy_.grid.size(), may_start_again(state, tier));
  judgement.grid = grid_text(judgement.at_grid);
  if (!may_start_again(state, tier)) return judgement;
  judgement.escalate = true;
  judgement.rule = policy_.attempts ? "attempts" : "no_submission";
  judgement.score = 1;
  judgement.mode = "restart";
  judgement.undo = "exact";
  judgement.to = policy_.attempts ? tier : tier + 1;
  return judgement;
}

RouterState Cascade::advance(RouterState state, const TurnEvidence& evidence, int tier,
                             const Judgement& judgement, std::optional<int> asked_first) const {
  ++state.turns;
  if (tier > 0) ++state.strong_turns;
  // A turn made again higher up went up, though the one before it had too.
  if (tier > asked_first.value_or(state.last_tier)) ++state.escalations;
  state.last_tier = tier;
  state.consecutive_failures = failed(evidence) ? state.consecutive_failures + 1 : 0;
  if (evidence.tests) {
    state.tests_red = evidence.tests->red;
  } else if (evidence.changed_files.value_or(evidence.executed)) {
    state.tests_red.reset();  // nobody looked since
  }
  if (tier > 0 && state.consecutive_failures > 0 && policy_.consecutive_failures) {
    state.consecutive_failures = 0;  // the strong tier had its turn; start counting anew
  }
  if (judgement.escalate && judgement.mode == "next_turn") {
    state.tier = judgement.to;
    state.stay_left = policy_.stay.value_or(-1);
    return state;
  }
  const bool arrived = tier > state.floor && (state.stay_left == 0 || tier > state.tier);
  if (arrived) {  // this turn was the first of the stay
    state.tier = tier;
    state.stay_left = policy_.stay ? *policy_.stay - 1 : -1;
  } else if (state.stay_left > 0) {
    --state.stay_left;
  }
  return state;
}

bool Cascade::may_roll_back(int tier) const {
  return policy_.redo == Redo::rollback && tier < top_tier() && !policy_.blind();
}

bool Cascade::may_vote(const RouterState& state, int tier) const {
  return policy_.vote && may_escalate(state, tier);
}

bool Cascade::looks_at(std::string_view signal) const {
  if (!watches()) return false;
  if (external_ != nullptr) return true;
  const auto weight = policy_.weights.find(std::string(signal));
  return weight != policy_.weights.end() && weight->second > 0;
}

bool Cascade::wants_tests() const {
  return policy_.attempts || policy_.previous_attempt_failed || looks_at("tests_red") ||
         looks_at("tests_newly_red");
}

/// Whether a turn of `tier` may go up. Tiers above the top there are none.
bool Cascade::may_escalate(const RouterState& state, int tier) const {
  const auto& most = policy_.budget.escalations;
  return tier < top_tier() && !policy_.blind() && within_budget(state) &&
         (!most || state.escalations < *most);
}

bool Cascade::may_start_again(const RouterState& state, int tier) const {
  if (policy_.attempts) return state.restarts + 1 < *policy_.attempts;
  return policy_.restart && may_escalate(state, tier);
}

bool Cascade::within_budget(const RouterState& state) const {
  const StrongBudget& budget = policy_.budget;
  if (budget.turns && state.strong_turns >= *budget.turns) return false;
  if (budget.usd && static_cast<double>(state.strong_pusd) >= *budget.usd * 1e12) return false;
  if (!budget.share) return true;
  const int length = std::max(state.turns + 1, kShortestBudgetedTrial);
  return state.strong_turns + 1 <= std::floor(*budget.share * length);
}

std::string Cascade::grid_text(const std::vector<bool>& escalate) const {
  nlohmann::json grid = nlohmann::json::object();
  for (std::size_t k = 0; k < policy_.grid.size(); ++k) {
    grid[key_of(policy_.grid[k])] = escalate[k] ? "escalate" : "accept";
  }
  return grid.dump();
}

}  // namespace weir
