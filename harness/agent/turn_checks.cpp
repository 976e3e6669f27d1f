#include "harness/agent/turn_checks.hpp"

#include <algorithm>

#include "harness/model/token_estimate.hpp"
#include "harness/router/commands.hpp"
#include "runners/check_patch.hpp"
#include "runners/check_syntax.hpp"
#include "tasks/text.hpp"

namespace weir {

void TurnChecks::look_at_draft(const TrialState& state, TurnAttempt& attempt) {
  TurnEvidence& evidence = attempt.evidence;
  const Draft& draft = attempt.draft;
  const Completion& completion = attempt.answer.completion;
  evidence.turn = state.turn;
  evidence.context_tokens = completion.tokens.input_total.value_or(state.context_tokens);
  evidence.output_tokens = completion.tokens.output_total;
  evidence.reasoning_tokens = completion.tokens.output_reasoning;
  evidence.surprise = completion.surprise;
  evidence.no_action = draft.no_action;
  evidence.format_error = !draft.problem.empty() && !draft.no_action;
  evidence.invalid_tool_call = draft.invalid_call;
  evidence.truncated = completion.finish_reason == "length";
  evidence.tool_markup = holds_tool_markup(completion.message.content);
  const double used = budget_used(state, 1);
  evidence.room_again = 1 - used >= used - state.used_at_start;
  evidence.budget_used = budget_used(state, 0);
  evidence.elapsed_s = std::chrono::duration<double>(ledger_.model_time() + state.box_time).count();
  evidence.tests_hidden = parts_.visible.hold_hidden();
  look_at_past(state, attempt);
  evidence.submits = draft.submits;
  evidence.acts_first = draft.acts_first;
  if (parts_.router.watches()) evidence.patch_rejected = patch_rejected(draft);
}

/// Of the first diff, if nothing the answer does before could change what it meets.
std::optional<bool> TurnChecks::patch_rejected(const Draft& draft) {
  for (std::size_t i = 0; i < draft.actions.size(); ++i) {
    const std::string& command = draft.actions[i].command;
    const auto patch = find_inline_patch(command);
    if (!patch) continue;
    const std::string before = command.substr(0, command.find(patch->diff));
    const std::string earlier = before.substr(0, before.find_last_of('\n', before.size() - 2) + 1);
    // Which folder a living shell is in, nobody knows.
    const bool first = !parts_.lives_on && i == 0 && !looks_like_an_edit(earlier) &&
                       earlier.find("cd ") == std::string::npos;
    if (!first) return {};
    const auto applies = patch_applies(box_, *patch, parts_.like);
    return applies ? std::optional(!*applies) : std::nullopt;
  }
  return false;
}

void TurnChecks::look_at_past(const TrialState& state, TurnAttempt& attempt) const {
  TurnEvidence& evidence = attempt.evidence;
  evidence.consecutive_failures = state.router.consecutive_failures;
  evidence.tests_red_before = state.router.tests_red;
  const std::string commands = normalised(attempt.commands());
  if (trimmed(commands).empty()) return;  // to wait once more is no repeat
  bool same_files = true;  // since the turn looked at
  for (auto turn = state.recent.rbegin(); turn != state.recent.rend(); ++turn) {
    same_files = same_files && !turn->changed;
    const bool last = turn == state.recent.rbegin();
    if (turn->commands == commands && (last || same_files)) evidence.repeats = true;
    if (turn->commands == commands) continue;
    evidence.similarity = std::max(evidence.similarity, similarity(commands, turn->commands));
  }
}

double TurnChecks::budget_used(const TrialState& state, int turns_more) const {
  double used = static_cast<double>(state.turn - 1 + turns_more) / parts_.turns;
  if (parts_.tokens) {
    used =
        std::max(used, static_cast<double>(ledger_.tokens()) / static_cast<double>(*parts_.tokens));
  }
  return std::max(used, ledger_.limit_used());
}

bool TurnChecks::watches_files() const {
  return parts_.router.looks_at("edit_unparsable") || parts_.router.looks_at("no_diff");
}

void TurnChecks::freeze(TrialState& state, TurnAttempt& attempt) {
  if (parts_.lives_on) return;
  const bool roll_back = parts_.router.may_roll_back(attempt.tier);
  const bool may_look = watches_files() && attempt.tier < parts_.router.top_tier();
  if (!roll_back && !may_look) return;
  attempt.before = box_.snapshot();
  if (attempt.before) {
    attempt.undo = Undo::exact;
    state.dirty = false;
  } else if (roll_back && parts_.router.policy().files_only) {
    attempt.before = box_.copy();  // processes are alive, and would not come back
    if (attempt.before) attempt.undo = Undo::files_only;
  }
}

void TurnChecks::look_at_results(TrialState& state, TurnAttempt& attempt) {
  TurnEvidence& evidence = attempt.evidence;
  evidence.executed = true;
  for (const auto& result : attempt.results) {
    if (!result.failed) continue;
    evidence.nonzero_exit = evidence.nonzero_exit.value_or(false) || *result.failed;
    evidence.command_timeout =
        evidence.command_timeout.value_or(false) || result.status == name_of(ExecStatus::timeout);
  }
  const bool changed = box_.changed() || state.dirty;
  // Without a frozen state before it, a change may be an earlier turn's.
  if (attempt.undo == Undo::exact || !changed) evidence.changed_files = changed;
  const bool tests = parts_.router.wants_tests() && !parts_.visible.command.empty();
  const bool syntax = parts_.router.looks_at("edit_unparsable") && attempt.before != nullptr;
  if (!changed || attempt.submitted || (!tests && !syntax)) return;
  state.box = box_.snapshot();
  if (state.box) state.dirty = false;
  if (!state.box) state.box = box_.copy();  // something lives on: look at a moment of it
  if (!state.box) return;
  if (tests) look_at_tests(state, evidence);
  if (syntax) evidence.unparsable_files = newly_unparsable(parts_.room, attempt.before, state.box);
}

void TurnChecks::look_at_tests(const TrialState& state, TurnEvidence& evidence) {
  const auto run = run_visible_tests(parts_.room, state.box, parts_.visible.command);
  if (!run || run->not_run) return;
  TestsSeen seen;
  seen.red = run->red;
  seen.count = run->red ? run->names.red_count : std::optional(0);
  const bool named = !run->red || !run->names.red.empty();
  if (state.red_tests && named) {
    seen.newly_red = static_cast<int>(
        std::count_if(run->names.red.begin(), run->names.red.end(),
                      [&](const std::string& name) { return state.red_tests->count(name) == 0; }));
  }
  if (named) seen.red_names = run->names.red;
  evidence.tests = seen;
}

void remember(TrialState& state, const TurnAttempt& attempt) {
  std::string commands = normalised(attempt.commands());
  const bool waited = !attempt.draft.actions.empty() && trimmed(commands).empty();
  if (!waited) {  // else the turn before is still the one to compare with
    state.recent.push_back(
        {std::move(commands), attempt.evidence.changed_files.value_or(attempt.evidence.executed)});
  }
  if (state.recent.size() > TrialState::kRecent) state.recent.pop_front();
  if (attempt.evidence.tests) state.red_tests = attempt.evidence.tests->red_names;
  for (const auto& result : attempt.results) state.box_time += result.wall;
}

}  // namespace weir
