#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/units.hpp"

namespace weir {

// What a model of the `terminal` agent answers: one JSON object
//   {"analysis": "...", "plan": "...", "commands": [{"keystrokes": "...", "duration": 1.0}, ...],
//    "task_complete": false}
// Pure functions.

inline constexpr milliseconds kUsualWait{1000};
inline constexpr milliseconds kLongestWait{60'000};

struct Keystrokes {
  std::string text;                ///< "" only waits
  milliseconds wait = kUsualWait;  ///< at least this long after typing, at most kLongestWait

  bool operator==(const Keystrokes&) const = default;
};

struct TerminalReply {
  std::string analysis;
  std::string plan;
  std::vector<Keystrokes> commands;
  bool task_complete = false;
  std::vector<std::string> warnings;  ///< what was mended or left out, for the model to know
  std::string problem;                ///< why nothing can be done with it; "" if it can
  bool no_object = false;             ///< it does not even begin a JSON object
};

/// Reads an answer: the first JSON object in it that is one of ours. Mended, with a warning: words
/// around it, brackets missing at its end, line breaks and tabs inside strings, durations out of
/// range, unknown keys. Code fences are no words. Anything else is a problem.
[[nodiscard]] TerminalReply read_terminal_reply(std::string_view text);

/// A reply as text; what read_terminal_reply reads back.
[[nodiscard]] std::string render_terminal_reply(const TerminalReply& reply);

}  // namespace weir
