#include "harness/agent/bash_protocol.hpp"

#include <fmt/format.h>

#include "harness/agent/task_words.hpp"
#include "tasks/digest.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::size_t kWholeOutput = 10'000;  // characters
constexpr std::size_t kCutOutput = 5'000;

constexpr const char* kSystem =
    "You are a careful engineer who works on a computer through one tool, bash.";

constexpr const char* kPatchTask =
    R"(Solve the issue below in the repository at {workdir}.

<issue>
{instruction}
</issue>

Change the source so that the issue is resolved for every case it covers, not only for the examples. Do not change existing tests.

How to work:
- Answer with at least one bash call. Each command runs in a new shell in {workdir}: directories and variables do not carry over.
- Look at the code, reproduce the problem, change the source, and check that it now behaves.
- Commands run without a terminal and without a network; do not start editors or pagers.
- When you are done, submit with exactly this command and nothing else:

  {submit}

  Its output is your submission. You cannot continue afterwards.
)";

constexpr const char* kStateTask =
    R"(Carry out the task below. You start in {workdir}.

<task>
{instruction}
</task>

How to work:
- Answer with at least one bash call. Each command runs in a new shell in {workdir}: directories and variables do not carry over, files and background services do.
- Commands run without a terminal and {network}; do not start editors or pagers.
- What counts is the state of the machine when you finish. When you are done, submit with exactly this command and nothing else:

  echo {marker}

  You cannot continue afterwards.
)";

constexpr const char* kNextStep =
    R"(That step is over. Carry out the next one, on the machine as it is now.

<task>
{instruction}
</task>

Work as before. When you are done with this step, submit with exactly this command and nothing else:

  echo {marker}
)";

constexpr const char* kHowToCall =
    "Every answer must call the tool bash at least once, with arguments of the form "
    "{\"command\": \"...\"} in valid JSON.";

std::string filled(std::string text, const AgentTask& task, Network network) {
  const std::pair<std::string, std::string> values[] = {
      {"{workdir}", task.environment.workdir},
      {"{marker}", std::string(kSubmitMarker)},
      {"{submit}", std::string(kSubmitDiff)},
      {"{network}", reach_of(network)},
      {"{instruction}", asked_of(task)}};  // last: it may hold braces
  for (const auto& [name, value] : values) {
    for (auto at = text.find(name); at != std::string::npos;
         at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

/// Byte offset after `count` code points of valid UTF-8.
std::size_t offset_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && count > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    --count;
  }
  return at;
}

std::string shortened(const std::string& text) {
  const std::size_t length = code_points(text);
  if (length < kWholeOutput) return text;
  return fmt::format(
      "{}\n[... {} characters left out; look at parts of the output instead ...]\n{}",
      text.substr(0, offset_of(text, kCutOutput)), length - 2 * kCutOutput,
      text.substr(offset_of(text, length - kCutOutput)));
}

std::string exit_line(const ExecResult& result, milliseconds timeout) {
  switch (result.status) {
    case ExecStatus::exited: return fmt::format("exit code: {}", result.exit_code);
    case ExecStatus::signaled: return fmt::format("exit code: {} (signal {})", 128 + result.signal,
                                                  result.signal);
    case ExecStatus::timeout:
      return fmt::format("exit code: -1 (the command was stopped after {})",
                         format_duration(timeout));
    case ExecStatus::oom: return "exit code: -1 (the command used too much memory)";
    case ExecStatus::output_limit:
      return "exit code: -1 (the command wrote too much output and was stopped)";
    case ExecStatus::box_lost:
    case ExecStatus::setup_error: break;
  }
  return "exit code: -1 (the command could not be run: " + result.message + ")";
}

std::string problem_of(const ToolCall& call, std::string& command) {
  if (call.name != "bash") return fmt::format("There is no tool \"{}\".", call.name);
  const json arguments = json::parse(call.arguments, nullptr, false);
  if (arguments.is_discarded()) return "The arguments of the bash call are not valid JSON.";
  const bool usable = arguments.is_object() && arguments.contains("command") &&
                      arguments.at("command").is_string();
  if (!usable) return "The bash call has no string argument \"command\".";
  command = arguments.at("command").get<std::string>();
  return {};
}

}  // namespace

Draft read_draft(const Completion& completion) {
  Draft draft;
  const Message& message = completion.message;
  if (completion.finish_reason == "length") {  // cut off: what is there cannot be trusted
    draft.problem = "The answer was cut off at the length limit. Take a smaller step.";
    return draft;
  }
  if (message.tool_calls.empty()) {
    draft.problem = "The answer contains no call of the tool bash.";
    draft.no_action = true;
    return draft;
  }
  for (const auto& call : message.tool_calls) {
    std::string command;
    draft.problem = problem_of(call, command);
    if (!draft.problem.empty()) {
      draft.actions.clear();
      draft.invalid_call = true;
      return draft;
    }
    draft.submits = draft.submits || asks_to_submit(command);
    draft.actions.push_back({call.id, std::move(command)});
  }
  draft.acts_first =
      draft.submits && draft.actions.size() > 1 && !asks_to_submit(draft.actions.front().command);
  return draft;
}

std::vector<Message> first_messages(const AgentTask& task, Network network) {
  const char* form = task.deliverable == Deliverable::patch ? kPatchTask : kStateTask;
  return {{Role::system, kSystem, "", {}, ""},
          {Role::user, filled(form, task, network), "", {}, ""}};
}

Message next_step_message(const AgentTask& task) {
  return {Role::user, filled(kNextStep, task, Network::none), "", {}, ""};
}

json bash_tool() {
  return json::array(
      {{{"type", "function"},
        {"function",
         {{"name", "bash"},
          {"description", "Runs a command in a new bash shell and returns its exit code and "
                          "output (stdout and stderr together)."},
          {"parameters",
           {{"type", "object"},
            {"properties",
             {{"command", {{"type", "string"}, {"description", "The command to run."}}}}},
            {"required", json::array({"command"})}}}}}}});
}

const std::string& bash_protocol_sha256() {
  static const std::string digest = Digest()
                                        .add(kSystem)
                                        .add(kPatchTask)
                                        .add(kStateTask)
                                        .add(kNextStep)
                                        .add(kHowToCall)
                                        .add(bash_tool().dump())
                                        .add(kSubmitMarker)
                                        .add(kSubmitDiff)
                                        .hex();
  return digest;
}

std::string observation_text(const ExecResult& result, milliseconds timeout) {
  return fmt::format("{}\noutput:\n{}", exit_line(result, timeout),
                     shortened(to_utf8(result.out.bytes)));
}

std::vector<Message> answer_problem(const Completion& completion, const Draft& draft) {
  const std::string text = draft.problem + " " + kHowToCall;
  if (completion.message.tool_calls.empty()) return {{Role::user, text, "", {}, ""}};
  std::vector<Message> answers;  // the API wants an answer to every call, cut off or not
  for (const auto& call : completion.message.tool_calls) {
    answers.push_back({Role::tool, text, "", {}, call.id});
  }
  return answers;
}

bool asks_to_submit(std::string_view command) {
  return command.find(kSubmitMarker) != std::string_view::npos;
}

std::optional<std::string> submission_of(const ExecResult& result) {
  if (!result.ok()) return {};
  std::string_view rest = result.out.bytes;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    if (line != kSubmitMarker) return {};
    return std::string(rest);
  }
  return {};
}

}  // namespace weir
