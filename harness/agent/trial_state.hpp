#pragma once

#include <string>
#include <vector>

#include "harness/model/chat.hpp"
#include "harness/router/cascade.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// Everything a trajectory is at the start of a turn. A copyable value: resume,
/// fork and tree all begin from one.
struct TrialState {
  std::vector<Message> history;
  int turn = 1;                       ///< the turn to come, from 1
  int format_errors = 0;              ///< in a row
  std::int64_t context_tokens = 0;    ///< of the last accepted call, in and out
  std::vector<std::string> last_commands;
  RouterState router;
  std::string segment;
  SnapshotPtr box;                    ///< the box's files, where they were frozen
};

}  // namespace weir
