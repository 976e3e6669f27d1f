#include "harness/agent/terminal_protocol.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/agent/keystrokes.hpp"
#include "harness/agent/task_words.hpp"
#include "harness/agent/terminal_reply.hpp"
#include "tasks/digest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::size_t kWholeView = 10'000;  // bytes
constexpr std::size_t kCutView = 5'000;

constexpr const char* kSystem =
    "You are a careful engineer at the keyboard of a Linux machine. All you have is one terminal "
    "of 160 columns and 40 rows, and all you say is JSON.";

constexpr const char* kTask =
    R"({work}

How to work:
- The terminal shows a bash prompt in {workdir}. It stays open: directories, variables and running programs are as you leave them.
- Answer with one JSON object and nothing else:

  {
    "analysis": "what the terminal shows and what it means",
    "plan": "what you do next, and why",
    "commands": [{"keystrokes": "ls -la\n", "duration": 0.5}],
    "task_complete": false
  }

- The keystrokes of all commands are typed in their order, exactly as they stand. A line runs only if a newline ends it; without one it stays at the prompt.
- "duration" is how many seconds to wait at least before the next command is typed or you are shown the terminal: 0.1 for cd, 0.5 for most commands, more for builds and tests; 1.0 if left out, 60 at most. Nothing is stopped when it is over. Empty keystrokes only wait.
- Keystrokes that consist of key names alone press these keys: {keys}, C-x for Ctrl with x, M-x for Alt with x; with a space between two. "C-c" interrupts, "C-d" ends input.
- Write longer files in one piece with a heredoc. Look at results before you build on them.
- {ending}
- When you are done, set "task_complete" to true. You are then shown the terminal once more and asked whether you are sure; if your next answer says true again, the work ends.
)";

constexpr const char* kPatchWork =
    R"(Resolve the issue below in the repository at {workdir}.

<issue>
{instruction}
</issue>

Change the source so that the issue is resolved for every case it covers, not only for the examples. Do not change existing tests.)";

constexpr const char* kStateWork =
    R"(Carry out the task below on this machine.

<task>
{instruction}
</task>)";

constexpr const char* kPatchEnding =
    "What counts is the difference between the repository's files when you finish and those you "
    "began with. Your programs run {network}.";
constexpr const char* kStateEnding =
    "What counts is the state of the machine's files when you finish; your programs are ended "
    "then. Your programs run {network}.";

constexpr const char* kNextStep =
    R"(That step is over. Carry out the next one, on the machine as it is now, at a new terminal.

<task>
{instruction}
</task>

Work and answer as before.)";

constexpr const char* kTimeLimit =
    "- You have {limit} in all, thinking and waiting included. What is left is told with each "
    "screen; what stands when it is over is what counts.\n";

constexpr const char* kHowToAnswer =
    "Answer with one JSON object: {\"analysis\": \"...\", \"plan\": \"...\", \"commands\": "
    "[{\"keystrokes\": \"...\\n\", \"duration\": 0.5}], \"task_complete\": false}. Strings are "
    "JSON strings: a line break is written \\n, a backslash \\\\.";

constexpr const char* kConfirm =
    "You say that the task is complete. Are you sure? Check the terminal above against every "
    "point of the task. If all of it is done, answer with \"task_complete\": true once more, and "
    "the work ends for good; if not, go on with \"task_complete\": false.";

constexpr const char* kSummarise =
    "There is little room left for this conversation, so it will begin again without what was "
    "said so far. Write down what whoever goes on has to know, in plain text instead of JSON: "
    "what was done and how, with the exact names of files, commands and values; what was found "
    "out and what did not work; the state of the terminal; what remains to be done. The task "
    "itself will be given again; do not repeat it.";

constexpr const char* kSummaryHead =
    "You have been at work on this task. Of what was said before this is left, in your own "
    "words:\n\n<summary>\n";
constexpr const char* kSummaryFoot = "\n</summary>";
constexpr const char* kNoSummary =
    "You have been at work on this task, but nothing is left of what was said before. Find out "
    "first what is done already.";

std::string filled(std::string text, std::string_view name, std::string_view value) {
  for (auto at = text.find(name); at != std::string::npos;
       at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}

/// The first `most` bytes, or a few less: no code point is cut.
std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

std::string_view ending(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t at = text.size() - most;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return text.substr(at);
}

/// Coarser the more there is: nobody plans by the second, and the same work reads the same.
std::string rounded(milliseconds left) {
  const auto seconds = std::max<std::int64_t>(0, left.count() / 1000);
  if (seconds >= 600) return fmt::format("{} minutes", seconds / 60);
  if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds / 10 % 6 * 10);
  return fmt::format("{} s", seconds);
}

}  // namespace

Draft read_terminal_draft(const Completion& completion, bool claimed) {
  Draft draft;
  if (completion.finish_reason == "length") {  // cut off: what is there cannot be trusted
    draft.problem = "The answer was cut off at the length limit. Take a smaller step.";
    return draft;
  }
  TerminalReply reply = read_terminal_reply(completion.message.content);
  draft.problem = std::move(reply.problem);
  draft.warnings = std::move(reply.warnings);
  draft.invalid_call = !draft.problem.empty() && !reply.no_object;
  for (auto& keys : reply.commands) draft.actions.push_back({"", std::move(keys.text), keys.wait});
  draft.claims_complete = reply.task_complete;
  draft.no_action =
      reply.no_object || (draft.problem.empty() && draft.actions.empty() && !draft.claims_complete);
  draft.submits = draft.claims_complete && claimed;
  draft.acts_first = draft.submits && !draft.actions.empty();
  return draft;
}

std::vector<Message> terminal_opening(const AgentTask& task, Network network,
                                      std::optional<milliseconds> limit) {
  const bool patch = task.deliverable == Deliverable::patch;
  std::string text = kTask;
  if (limit) text += filled(kTimeLimit, "{limit}", rounded(*limit));
  text = filled(std::move(text), "{keys}", fmt::format("{}", fmt::join(key_names(), ", ")));
  text = filled(std::move(text), "{ending}", patch ? kPatchEnding : kStateEnding);
  text = filled(std::move(text), "{work}", patch ? kPatchWork : kStateWork);
  text = filled(std::move(text), "{workdir}", task.environment.workdir);
  text = filled(std::move(text), "{network}", reach_of(network));
  text = filled(std::move(text), "{instruction}", asked_of(task));  // may hold braces
  return {{Role::system, kSystem, "", {}, ""}, {Role::user, text, "", {}, ""}};
}

Message terminal_next_step(const AgentTask& task) {
  return {Role::user, filled(kNextStep, "{instruction}", asked_of(task)), "", {}, ""};
}

const std::string& terminal_protocol_sha256() {
  static const std::string digest = Digest()
                                        .add("terminal 1")
                                        .add(kSystem)
                                        .add(kTask)
                                        .add(kPatchWork)
                                        .add(kStateWork)
                                        .add(kPatchEnding)
                                        .add(kStateEnding)
                                        .add(kNextStep)
                                        .add(kTimeLimit)
                                        .add(kHowToAnswer)
                                        .add(kConfirm)
                                        .add(kSummarise)
                                        .add(kSummaryHead)
                                        .add(kNoSummary)
                                        .hex();
  return digest;
}

std::string shortened_view(const TerminalView& view) {
  const std::string head = to_utf8(view.head);
  const std::string tail = to_utf8(view.tail);
  const bool whole = view.left_out == 0 && head.size() + tail.size() <= kWholeView;
  if (whole) return head + tail;
  const std::string_view first = beginning(head, kCutView);
  const std::string_view last = ending(view.left_out == 0 ? head : tail, kCutView);
  const auto all = static_cast<std::int64_t>(head.size() + tail.size()) + view.left_out;
  return fmt::format("{}\n[... {} bytes left out ...]\n{}", first,
                     all - static_cast<std::int64_t>(first.size() + last.size()), last);
}

Message terminal_observation(const TerminalSight& sight) {
  std::string text;
  for (const auto& warning : sight.warnings) text += fmt::format("Your answer: {}.\n", warning);
  for (const auto& notice : sight.notices) text += fmt::format("{}\n", notice);
  const std::string view = shortened_view(sight.view);
  if (view.empty()) {
    text += "The terminal shows nothing new.";
  } else {
    text += fmt::format("{}:\n{}", sight.view.whole_screen ? "Screen" : "New output", view);
  }
  if (sight.left) text += fmt::format("\n\nTime left: {}.", rounded(*sight.left));
  if (sight.confirms) text += fmt::format("\n\n{}", kConfirm);
  return {Role::user, text, "", {}, ""};
}

Message answer_terminal_problem(const Draft& draft) {
  return {
      Role::user, fmt::format("{} Nothing was typed. {}", draft.problem, kHowToAnswer), "", {}, ""};
}

Message summary_request() {
  return {Role::user, kSummarise, "", {}, ""};
}

Message resumption(const Message& task, std::string_view summary, std::string_view screen) {
  const std::string left = summary.empty()
                               ? std::string(kNoSummary)
                               : fmt::format("{}{}{}", kSummaryHead, summary, kSummaryFoot);
  return {
      Role::user,
      fmt::format("{}\n{}\n\nThe terminal's screen now:\n{}", task.content, left, trimmed(screen)),
      "",
      {},
      ""};
}

bool speaks_terminal(const std::vector<Message>& history) {
  return !history.empty() && history.front().role == Role::system &&
         history.front().content.ends_with(kSystem);
}

bool asks_to_confirm(const Message& message) {
  return message.content.ends_with(kConfirm);
}

bool asks_for_summary(const Message& message) {
  return message.content == kSummarise;
}

std::optional<std::string> summary_in(const std::vector<Message>& history) {
  if (history.size() < 2) return {};
  const std::string& text = history[1].content;
  const auto at = text.find(kSummaryHead);
  if (at == std::string::npos) return {};
  const auto start = at + std::string_view(kSummaryHead).size();
  return text.substr(start, text.find(kSummaryFoot, start) - start);
}

}  // namespace weir
