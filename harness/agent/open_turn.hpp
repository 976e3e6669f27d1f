#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/agent/trial_state.hpp"
#include "harness/agent/turn_attempt.hpp"

namespace weir {

/// A turn as far as it has come. A copyable value: where ways part in its midst, each goes
/// on with its own.
struct OpenTurn {
  enum class Stage {
    ask,    ///< `tier` is to be asked
    draft,  ///< it answered; the draft is to be judged
    result  ///< it was executed; the result is to be judged
  };
  Choice choice;
  int tier = 0;
  Stage stage = Stage::ask;
  TurnAttempt attempt;
  Judgement of_draft;         ///< of the attempt, once it is executed
  nlohmann::json discarded = nlohmann::json::array();  ///< drafts executed and undone
  std::optional<bool> forced;  ///< what a fork decides at the next judgement
};

/// One of the trials that go a way together, as long as their thresholds decide alike.
struct TreeMember {
  std::string trial;
  double threshold = kNever;
  std::size_t place = 0;  ///< of the threshold on the policy's grid
};

/// Takes out of `members` those whose thresholds decide otherwise than the first one's.
[[nodiscard]] std::vector<TreeMember> take_dissenters(std::vector<TreeMember>& members,
                                                      const Judgement& judgement);

/// Id of the segment a way is in: `owner` is the trial whose rows it writes.
[[nodiscard]] std::string segment_id(const std::string& owner, int try_number,
                                     const TrialState& state);

}  // namespace weir
