#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/agent/draft.hpp"
#include "harness/model/chat.hpp"
#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

// The protocol of the `terminal` agent: no tools; every answer is one JSON object of keystrokes
// (terminal_reply.hpp), every observation what the terminal showed then. A task is complete when
// two answers in a row say so. Pure functions.

inline constexpr int kTerminalRows = 40;
inline constexpr int kTerminalColumns = 160;

/// `claimed`: the answer before said that the task is complete.
[[nodiscard]] Draft read_terminal_draft(const Completion& completion, bool claimed);

/// The two first messages. `network`: what programs can reach; `limit`: the time the task grants,
/// if it grants any.
[[nodiscard]] std::vector<Message> terminal_opening(const AgentTask& task, Network network,
                                                    std::optional<milliseconds> limit);
/// What the next step of a task says to whoever goes on with the conversation of the one before.
[[nodiscard]] Message terminal_next_step(const AgentTask& task);

/// Digest of everything here that shapes behaviour.
[[nodiscard]] const std::string& terminal_protocol_sha256();

/// What the model sees after its keystrokes.
struct TerminalSight {
  std::vector<std::string> warnings;  ///< about its answer
  std::vector<std::string> notices;   ///< about the terminal
  TerminalView view;
  bool confirms = false;             ///< it is asked whether the task is complete
  std::optional<milliseconds> left;  ///< of the time limit
};
[[nodiscard]] Message terminal_observation(const TerminalSight& sight);

/// What a terminal shows, whole up to 10,000 bytes, else its first and last 5,000.
[[nodiscard]] std::string shortened_view(const TerminalView& view);

/// The message that answers a draft nothing can be done with.
[[nodiscard]] Message answer_terminal_problem(const Draft& draft);

/// Asks the model to sum its work up, before its history is left behind.
[[nodiscard]] Message summary_request();
/// The message with which a history begins again: the task as it was given, what the model
/// summed up ("" if it could not), what the terminal shows.
[[nodiscard]] Message resumption(const Message& task, std::string_view summary,
                                 std::string_view screen);

// What the other side of the protocol, the simulated model, needs to recognise.

[[nodiscard]] bool speaks_terminal(const std::vector<Message>& history);
[[nodiscard]] bool asks_to_confirm(const Message& message);
[[nodiscard]] bool asks_for_summary(const Message& message);
/// The summary a history began again with; nullopt if it did not.
[[nodiscard]] std::optional<std::string> summary_in(const std::vector<Message>& history);

}  // namespace weir
