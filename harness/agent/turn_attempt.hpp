#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/agent/bash_protocol.hpp"
#include "harness/model/ledger.hpp"
#include "harness/router/cascade.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// One tier's answer to a turn, on its way to being accepted or discarded.
struct TurnAttempt {
  int tier = 0;
  int asked_first = 0;  ///< the tier that answered the turn first
  Answer answer;
  Draft draft;
  TurnEvidence evidence;
  std::vector<ExecResult> results;
  std::optional<std::string> submission;
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
