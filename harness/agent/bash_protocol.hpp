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

// The protocol of the `bash` agent: one tool, bash{command}; every command runs
// in a shell of its own; a command whose output begins with the marker, and
// which exits 0, ends the trajectory. Pure functions.

inline constexpr std::string_view kSubmitMarker = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";

/// How a diff is submitted: against the commit the task began with, so that
/// commits the agent made are in it.
inline constexpr std::string_view kSubmitDiff =
    "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && git add -A && git diff --cached --binary task-base";

[[nodiscard]] Draft read_draft(const Completion& completion);

/// The two first messages, and the tool's schema. `network`: what commands can reach.
[[nodiscard]] std::vector<Message> first_messages(const AgentTask& task,
                                                  Network network = Network::none);
/// What the next step of a task says to whoever goes on with the conversation of the one before.
[[nodiscard]] Message next_step_message(const AgentTask& task);
[[nodiscard]] nlohmann::json bash_tool();

/// Digest of everything above that shapes behaviour: prompts, tool, rules.
[[nodiscard]] const std::string& bash_protocol_sha256();

/// The message a command's result becomes: "exit code: N", then the output,
/// whole if shorter than 10,000 characters, else its first and last 5,000.
[[nodiscard]] std::string observation_text(const ExecResult& result, milliseconds timeout);

/// The messages that answer a draft nothing can be done with.
[[nodiscard]] std::vector<Message> answer_problem(const Completion& completion,
                                                  const Draft& draft);

/// Whether a command asks to submit, known before it runs.
[[nodiscard]] bool asks_to_submit(std::string_view command);

/// What was submitted, if this result ends the trajectory: the output after the
/// marker's line.
[[nodiscard]] std::optional<std::string> submission_of(const ExecResult& result);

}  // namespace weir
