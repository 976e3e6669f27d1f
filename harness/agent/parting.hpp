#pragma once

#include <optional>

#include "harness/agent/model_agent.hpp"

namespace weir {

/// The way that parts from the one walked, where the turn's last judgement splits the trials
/// that go it, or where a fork is drawn ([explore] design = "tree", fork = P). Takes those who
/// leave out of `parts.members` and counts the parting in `state`. The other way has the books,
/// the models' state and the files as they are here; without an agent where processes are
/// alive, since the files cannot be frozen then.
[[nodiscard]] std::optional<Branch> other_way(ModelAgentParts& parts, TrialState& state,
                                              const OpenTurn& turn, Box& box);

}  // namespace weir
