#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/agent/turn_attempt.hpp"
#include "harness/router/policy.hpp"

namespace weir {

/// What a draft would do, as votes and reviews tell drafts apart: edit, submit or other.
[[nodiscard]] std::string kind_of(const Draft& draft);

/// Counts the attempt's own answer and `others` as votes on the turn: how far they agree
/// becomes evidence and, where the rule says so, the draft most agree on the attempt's.
/// Answers that failed have no voice; one voice is no vote. `read` understands an answer.
void count_ballot(TurnAttempt& attempt, std::vector<Answer> others, const VoteRule& rule,
                  const std::function<Draft(const Completion&)>& read);

}  // namespace weir
