#include "harness/agent/ballot.hpp"

#include <algorithm>

#include "harness/router/commands.hpp"
#include "harness/router/vote.hpp"

namespace weir {

std::string kind_of(const Draft& draft) {
  if (draft.submits) return "submit";
  const bool edits =
      std::any_of(draft.actions.begin(), draft.actions.end(),
                  [](const Action& action) { return looks_like_an_edit(action.command); });
  return edits ? "edit" : "other";
}

void count_ballot(TurnAttempt& attempt, std::vector<Answer> others, const VoteRule& rule,
                  const std::function<Draft(const Completion&)>& read) {
  std::vector<Answer> answers = {attempt.answer};
  for (auto& answer : others) {
    if (!answer.over_budget && answer.completion.ok()) answers.push_back(std::move(answer));
  }
  if (answers.size() < 2) return;
  std::vector<Draft> drafts;
  std::vector<std::string> texts;
  for (const auto& answer : answers) {
    drafts.push_back(read(answer.completion));
    std::vector<std::string> commands;
    for (const auto& action : drafts.back().actions) commands.push_back(action.command);
    texts.push_back(normalised(commands));
  }
  const Vote vote = count_votes(texts);
  attempt.evidence.vote = vote.tally;
  if (!rule.plurality) return;
  attempt.answer = std::move(answers[vote.winner]);
  attempt.draft = std::move(drafts[vote.winner]);
}

}  // namespace weir
