#pragma once

#include <string>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

/// One thing the model asked for: a command, or keystrokes.
struct Action {
  std::string call_id;  ///< of the tool call; "" where there is none
  std::string command;
  milliseconds wait{0};  ///< keystrokes: how long to look on afterwards, at least
};

/// A completion as the agent understands it.
struct Draft {
  std::vector<Action> actions;
  std::string problem;           ///< why it cannot be acted on; "" if it can
  bool no_action = false;        ///< it calls nothing at all
  bool invalid_call = false;     ///< a call names no tool, or its arguments are unusable
  bool submits = false;          ///< it asks to end the trajectory, and will if it is executed
  bool acts_first = false;       ///< it submits, but not before it has done something else
  bool claims_complete = false;  ///< terminal: it says that the task is complete
  std::vector<std::string> warnings = {};  ///< what was mended, for the model to know
};

}  // namespace weir
