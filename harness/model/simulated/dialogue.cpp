#include "harness/model/simulated/dialogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "harness/agent/terminal_protocol.hpp"
#include "harness/agent/terminal_reply.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr milliseconds kTyping{100};    // and what the agent waits for quiet
constexpr milliseconds kWaiting{2000};  // for a command that has not ended
constexpr int kMostWaits = 15;
constexpr std::string_view kStep = "WEIR_STEP";  // ends a script for a shell of its own
constexpr std::string_view kExit = "exit code: ";
constexpr std::string_view kReport = "printf '\\nexit code: %d\\n' $?";

std::vector<Done> done_by_calls(const std::vector<Message>& history) {
  std::map<std::string, std::string> open;  // tool call id -> command
  std::vector<Done> done;
  for (const auto& message : history) {
    for (const auto& call : message.tool_calls) {
      const auto arguments = json::parse(call.arguments, nullptr, false);
      if (arguments.is_object() && arguments.contains("command") &&
          arguments.at("command").is_string()) {
        open[call.id] = arguments.at("command").get<std::string>();
      }
    }
    const auto found = open.find(message.tool_call_id);
    if (message.role != Role::tool || found == open.end()) continue;
    done.push_back({found->second, message.content.rfind("exit code: 0\n", 0) == 0});
    open.erase(found);
  }
  return done;
}

/// The command as keystrokes: what it comes to is said behind it. Several lines go to a shell
/// of their own, so that what they set and how they end is theirs.
std::string keystrokes_of(const std::string& command) {
  if (command.find('\n') == std::string::npos) return fmt::format("{}; {}\n", command, kReport);
  const char* end = command.ends_with('\n') ? "" : "\n";
  return fmt::format("bash <<'{}'\n{}{}{}\n{}\n", kStep, command, end, kStep, kReport);
}

/// The other way; nullopt for keystrokes that are no command's.
std::optional<std::string> command_of(std::string_view keystrokes) {
  while (keystrokes.ends_with('\n')) keystrokes.remove_suffix(1);
  if (!keystrokes.ends_with(kReport)) return {};
  keystrokes.remove_suffix(kReport.size());
  const std::string head = fmt::format("bash <<'{}'\n", kStep);
  const std::string foot = fmt::format("{}\n", kStep);
  if (keystrokes.starts_with(head) && keystrokes.ends_with(foot)) {
    keystrokes.remove_prefix(head.size());
    keystrokes.remove_suffix(foot.size());
    return std::string(keystrokes);
  }
  if (!keystrokes.ends_with("; ")) return {};
  return std::string(keystrokes.substr(0, keystrokes.size() - 2));
}

/// The last exit code a terminal shows at the beginning of a line.
std::optional<int> exit_code_in(std::string_view shown) {
  std::optional<int> code;
  for (std::size_t at = 0; at < shown.size();) {
    const auto end = std::min(shown.find('\n', at), shown.size());
    const std::string_view line = shown.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(kExit) || line.size() == kExit.size()) continue;
    const auto digits = trimmed(line.substr(kExit.size()));
    const bool number =
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (number && digits.size() <= 3) code = std::stoi(std::string(digits));
  }
  return code;
}

class TerminalReader {
 public:
  Dialogue read(const std::vector<Message>& history) {
    dialogue_.terminal = true;
    if (const auto summary = summary_in(history)) recall(*summary);
    for (std::size_t i = 2; i < history.size(); ++i) {
      const Message& message = history[i];
      if (message.role == Role::assistant) {
        hear(read_terminal_reply(message.content));
      } else {
        see(message);
      }
    }
    return std::move(dialogue_);
  }

 private:
  using Open = Dialogue::Open;

  /// A line of JSON for each command done: see say_summary.
  void recall(const std::string& summary) {
    for (std::size_t at = 0; at < summary.size();) {
      const auto end = std::min(summary.find('\n', at), summary.size());
      const auto line = json::parse(summary.substr(at, end - at), nullptr, false);
      at = end + 1;
      if (!line.is_object() || !line.contains("command") || !line.contains("ok")) continue;
      dialogue_.done.push_back({line.at("command").get<std::string>(), line.at("ok").get<bool>()});
      ++dialogue_.steps;
    }
  }

  void hear(const TerminalReply& reply) {
    const bool waits = reply.problem.empty() && !reply.commands.empty() &&
                       trimmed(reply.commands.front().text).empty();
    const bool interrupts = !reply.commands.empty() && reply.commands.front().text == "C-c";
    if (waits) ++waits_;
    if (waits || interrupts) return;
    if (!reply.task_complete) ++dialogue_.steps;
    if (reply.commands.empty()) return;
    const std::string& typed = reply.commands.front().text;
    if (auto command = command_of(typed)) {
      dialogue_.command = *command;
      dialogue_.open = typed.ends_with('\n') ? Open::running : Open::untyped;
      waits_ = 0;
    }
  }

  void see(const Message& message) {
    if (asks_for_summary(message)) {
      dialogue_.open = Open::summary;
      return;
    }
    if (asks_to_confirm(message)) {
      dialogue_.open = Open::sure;
      return;
    }
    if (dialogue_.command.empty()) {
      dialogue_.open = Open::nothing;
      return;
    }
    if (dialogue_.open == Open::lost) {  // it was interrupted
      end_command(false);
    } else if (const auto code = exit_code_in(message.content)) {
      end_command(*code == 0);
    } else if (waits_ > 0) {
      dialogue_.open = waits_ < kMostWaits ? Open::running : Open::lost;
    }
  }

  void end_command(bool ok) {
    dialogue_.done.push_back({std::exchange(dialogue_.command, ""), ok});
    dialogue_.open = Open::nothing;
  }

  Dialogue dialogue_;
  int waits_ = 0;  ///< since the open command was typed
};

TerminalReply reply_with(std::string keystrokes, milliseconds wait) {
  TerminalReply reply;
  reply.analysis = "The terminal shows what came of the last step.";
  reply.plan = "Take the next step and look at what it does.";
  reply.commands.push_back({std::move(keystrokes), wait});
  return reply;
}

}  // namespace

Dialogue read_dialogue(const std::vector<Message>& history) {
  if (speaks_terminal(history)) return TerminalReader().read(history);
  Dialogue dialogue;
  dialogue.done = done_by_calls(history);
  return dialogue;
}

void say_command(Message& message, const Dialogue& dialogue, const std::string& call_id,
                 const std::string& command) {
  if (dialogue.terminal) {
    message.content = render_terminal_reply(reply_with(keystrokes_of(command), kTyping));
  } else {
    message.tool_calls.push_back({call_id, "bash", json{{"command", command}}.dump()});
  }
}

void say_garbled(Message& message, const Dialogue& dialogue, const std::string& call_id,
                 const std::string& command) {
  if (dialogue.terminal) {
    const std::string whole = render_terminal_reply(reply_with(keystrokes_of(command), kTyping));
    message.content = whole.substr(0, whole.find("\\n\""));  // in the midst of a string
  } else {
    message.tool_calls.push_back({call_id, "bash", "{\"command\": \"" + command});
  }
}

void say_untyped(Message& message, const std::string& command) {
  std::string keystrokes = keystrokes_of(command);
  keystrokes.pop_back();
  message.content = render_terminal_reply(reply_with(std::move(keystrokes), kTyping));
}

void say_next(Message& message, Dialogue::Open open) {
  TerminalReply reply = open == Dialogue::Open::untyped ? reply_with("\n", kTyping)
                        : open == Dialogue::Open::lost  ? reply_with("C-c", kTyping)
                                                        : reply_with("", kWaiting);
  message.content = render_terminal_reply(reply);
}

void say_complete(Message& message) {
  TerminalReply reply;
  reply.analysis = "Everything the task asks for is done.";
  reply.plan = "Finish.";
  reply.task_complete = true;
  message.content = render_terminal_reply(reply);
}

void say_summary(Message& message, const Dialogue& dialogue) {
  message.content = "What was run so far, and whether it succeeded:\n";
  for (const auto& done : dialogue.done) {
    message.content += json{{"command", done.command}, {"ok", done.ok}}.dump(
                           -1, ' ', false, json::error_handler_t::replace) +
                       "\n";
  }
}

}  // namespace weir
