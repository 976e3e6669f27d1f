#pragma once

#include <string>
#include <vector>

#include "harness/model/chat.hpp"

namespace weir {

/// One command of a history with whether it succeeded.
struct Done {
  std::string command;
  bool ok = false;

  bool operator==(const Done&) const = default;
};

/// What a history says was done: all a simulated model knows of its past.
struct Dialogue {
  /// What the last message leaves open.
  enum class Open {
    nothing,  ///< the next step may be taken
    untyped,  ///< terminal: a command stands at the prompt, without its newline
    running,  ///< terminal: a command was typed and has not ended
    lost,     ///< terminal: it has not ended after long waits
    sure,     ///< terminal: is the task complete?
    summary   ///< terminal: the work is to be summed up
  };
  bool terminal = false;
  std::vector<Done> done;
  Open open = Open::nothing;
  std::string command;  ///< that is open
  int steps = 0;        ///< terminal: answers that were more than a wait or a word
};

[[nodiscard]] Dialogue read_dialogue(const std::vector<Message>& history);

// How a simulated model speaks: in calls of the tool bash, or in keystrokes.

/// Runs a command.
void say_command(Message& message, const Dialogue& dialogue, const std::string& call_id,
                 const std::string& command);
/// Means to run a command, and garbles the call.
void say_garbled(Message& message, const Dialogue& dialogue, const std::string& call_id,
                 const std::string& command);
/// Terminal: types a command and forgets its newline.
void say_untyped(Message& message, const std::string& command);
/// Terminal: answers what is open: waits, presses a key.
void say_next(Message& message, Dialogue::Open open);
/// Terminal: says that the task is complete.
void say_complete(Message& message);
/// Terminal: sums up what was done, for read_dialogue to find again.
void say_summary(Message& message, const Dialogue& dialogue);

}  // namespace weir
