#include "harness/agent/parting.hpp"

#include <fmt/format.h>

#include "harness/seed.hpp"

namespace weir {
namespace {

const char* name_of(OpenTurn::Stage stage) {
  return stage == OpenTurn::Stage::draft ? "draft" : "result";
}

bool forks_here(const ModelAgentParts& parts, const TrialState& state, const OpenTurn& turn) {
  if (parts.policy.fork <= 0 || !parts.forks || state.aside || !turn.attempt.judgement.open)
    return false;
  const auto key = fmt::format("fork/{}/{}/{}", state.turn, turn.tier, name_of(turn.stage));
  return draw(parts.seed, key) < parts.policy.fork;
}

Fork fork_here(const ModelAgentParts& parts, const TrialState& state, const OpenTurn& turn) {
  Fork fork;
  fork.trial = parts.ledger->trial();
  fork.try_number = parts.try_number;
  fork.id = fmt::format("{}#{}/f{}", fork.trial, fork.try_number, state.partings);
  fork.segment = state.segment;
  fork.turn = state.turn;
  fork.call = turn.attempt.answer.call;
  fork.phase = name_of(turn.stage);
  fork.score = turn.attempt.judgement.score;
  fork.probability = parts.policy.fork;
  fork.escalates = !turn.attempt.judgement.escalate;
  return fork;
}

/// Null where processes are alive. A turn that the others undo begins where it began.
SnapshotPtr files_of(TrialState& here, TrialState& there, const ModelAgentParts& parts,
                     const OpenTurn& turn, Box& box) {
  const TurnAttempt& attempt = turn.attempt;
  const bool undone = turn.stage == OpenTurn::Stage::result && !attempt.judgement.escalate &&
                      parts.policy.redo == Redo::rollback && attempt.undo != Undo::none;
  if (undone) {
    there.dirty = false;
    return attempt.before;
  }
  const bool dirty = here.dirty || box.changed();
  SnapshotPtr files = box.snapshot();
  if (files) here.dirty = there.dirty = dirty;
  return files;
}

std::unique_ptr<Agent> agent_there(const ModelAgentParts& here, std::vector<TreeMember> members,
                                   TrialState state, OpenTurn turn) {
  auto ledger = here.ledger->fork(members.front().trial, state.segment);
  ModelAgentParts parts{.kind = here.kind,
                        .ledger = std::move(ledger),
                        .policy = here.policy,
                        .limits = here.limits,
                        .sandbox = here.sandbox,
                        .busy_boxes = here.busy_boxes,
                        .environment = here.environment,
                        .visible_tests = here.visible_tests,
                        .outlook = here.outlook,
                        .members = std::move(members),
                        .seed = here.seed,
                        .try_number = here.try_number,
                        .attempt = here.attempt,
                        .recorded = here.recorded,
                        .cassette = here.cassette,
                        .nonce = here.nonce,
                        .part = here.part,
                        .step = here.step,
                        .forks = here.forks};
  return make_model_agent(std::move(parts), std::move(state), std::move(turn));
}

}  // namespace

std::optional<Branch> other_way(ModelAgentParts& parts, TrialState& state, const OpenTurn& turn,
                                Box& box) {
  auto members = take_dissenters(parts.members, turn.attempt.judgement);
  const bool forks = forks_here(parts, state, turn);
  if (members.empty() && !forks) return {};
  ++state.partings;
  Branch branch;
  for (const auto& member : members) branch.trials.push_back(member.trial);
  TrialState there = state;
  OpenTurn open = turn;
  if (forks) {
    branch.fork = fork_here(parts, state, turn);
    members = {parts.members.front()};
    there.aside = true;
    open.forced = branch.fork->escalates;
  }
  branch.files = files_of(state, there, parts, turn, box);
  if (branch.files) {
    branch.agent = agent_there(parts, std::move(members), std::move(there), std::move(open));
  }
  return branch;
}

}  // namespace weir
