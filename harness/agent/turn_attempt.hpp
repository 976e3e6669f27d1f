#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/agent/draft.hpp"
#include "harness/model/ledger.hpp"
#include "harness/router/cascade.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// What became of one action.
struct ActionResult {
  std::string status;            ///< as a turn's row names it: exited, timeout, typed, ...
  std::optional<int> exit_code;  ///< of a command; keystrokes have none
  std::optional<bool> failed;    ///< unknown for keystrokes
  milliseconds wall{0};
  std::string text;  ///< what the model is told of it; "" where one text tells of all
};

/// One tier's answer to a turn, on its way to being accepted or discarded.
struct TurnAttempt {
  int tier = 0;
  int asked_first = 0;  ///< the tier that answered the turn first
  Answer answer;
  Draft draft;
  TurnEvidence evidence;
  std::vector<ActionResult> results;
  std::vector<Message> observed;          ///< what its execution appends to the history
  bool submitted = false;                 ///< it ended the trajectory
  std::optional<std::string> submission;  ///< the diff it handed in, if it did
  SnapshotPtr before;      ///< the files before execution, where they may be needed
  Undo undo = Undo::none;  ///< how `before` would bring the state back
  Judgement judgement;

  [[nodiscard]] std::vector<std::string> commands() const {
    std::vector<std::string> commands;
    for (const auto& action : draft.actions) commands.push_back(action.command);
    return commands;
  }
};

}  // namespace weir
