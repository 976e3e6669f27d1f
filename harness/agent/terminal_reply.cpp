#include "harness/agent/terminal_reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kMostTries = 64;  // braces in prose before the object
constexpr int kDeepest = 64;    // levels of brackets; ours has three

/// A part of a text from an opening brace to the one that closes it, made valid where that
/// takes no guess.
struct Object {
  std::string text;
  std::size_t size = 0;       ///< of the part, in the original
  bool closed = true;         ///< else its brackets were added
  bool cut_string = false;    ///< it ends inside a string: what is missing nobody knows
  bool raw_controls = false;  ///< line breaks or tabs inside strings were escaped
};

void append_control(std::string& text, char c) {
  switch (c) {
    case '\n':
      text += "\\n";
      break;
    case '\r':
      text += "\\r";
      break;
    case '\t':
      text += "\\t";
      break;
    default:
      text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      break;
  }
}

std::optional<Object> object_at(std::string_view text) {
  Object object;
  std::string open;  // closing brackets that are owed
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && static_cast<unsigned char>(c) < ' ') {
      append_control(object.text, c);
      object.raw_controls = true;
      continue;
    }
    object.text.push_back(c);
    if (in_string) {
      if (c == '\\' && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= ' ') {
        object.text.push_back(text[++i]);
      }
      in_string = c != '"';
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') open.push_back(c == '{' ? '}' : ']');
    if (open.size() > kDeepest) return {};
    if (c != '}' && c != ']') continue;
    if (open.back() != c) return {};
    open.pop_back();
    if (!open.empty()) continue;
    object.size = i + 1;
    return object;
  }
  object.size = text.size();
  object.closed = false;
  object.cut_string = in_string;
  object.text.append(open.rbegin(), open.rend());
  return object;
}

/// Whether words stand in `text`: code fences and blanks are none.
bool says_something(std::string_view text) {
  while (!trimmed(text).empty()) {
    text = trimmed(text);
    const auto line = trimmed(text.substr(0, text.find('\n')));
    if (!line.starts_with("```") || line.find(' ') != std::string_view::npos) return true;
    text.remove_prefix(std::min(text.size(), line.size()));
  }
  return false;
}

/// The parser's words, without its name before them.
std::string cause_of(const json::exception& error) {
  const std::string what = error.what();
  const auto start = what.find("] ");
  return to_utf8(start == std::string::npos ? what : what.substr(start + 2));
}

bool is_ours(const json& value) {
  return value.is_object() && (value.contains("commands") || value.contains("task_complete"));
}

class ReplyReader {
 public:
  explicit ReplyReader(std::string_view text) : text_(text) {}

  TerminalReply read() {
    const auto value = find();
    if (!value) return std::move(reply_);
    try {
      read_fields(*value);
    } catch (const std::invalid_argument& problem) {
      reply_.problem = problem.what();
      reply_.commands.clear();
    }
    return std::move(reply_);
  }

 private:
  std::optional<json> find() {
    std::string cause;
    int tries = 0;
    for (auto at = text_.find('{'); at != std::string_view::npos && tries < kMostTries; ++tries) {
      const auto object = object_at(text_.substr(at));
      if (object && !object->cut_string) {
        try {
          json value = json::parse(object->text);
          if (is_ours(value)) {
            warn_of(*object, at);
            return value;
          }
          at = text_.find('{', at + object->size);
          continue;
        } catch (const json::exception& error) {
          if (cause.empty()) cause = cause_of(error);
        }
      }
      if (object && object->cut_string && cause.empty()) cause = "it ends inside a string";
      at = text_.find('{', at + 1);
    }
    reply_.no_object = tries == 0;
    reply_.problem = tries == 0 ? "The answer holds no JSON object."
                     : cause.empty()
                         ? "The answer holds no JSON object with \"commands\" or \"task_complete\"."
                         : fmt::format("The JSON object cannot be read: {}.", cause);
    return {};
  }

  void warn_of(const Object& object, std::size_t at) {
    unfinished_ = !object.closed;
    if (unfinished_) warn("brackets were missing at the end of the JSON and were added");
    if (object.raw_controls) {
      warn("line breaks or tabs inside JSON strings were read as \\n, \\r and \\t");
    }
    if (says_something(text_.substr(0, at)) || says_something(text_.substr(at + object.size))) {
      warn("words around the JSON object were left out");
    }
  }

  void read_fields(const json& value) {
    reply_.analysis = text_at(value, "analysis");
    reply_.plan = text_at(value, "plan");
    reply_.task_complete = flag_at(value, "task_complete");
    const json commands = value.value("commands", json());
    if (!commands.is_array() && !(commands.is_null() && reply_.task_complete)) {
      throw std::invalid_argument("\"commands\" must be a list.");
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
      reply_.commands.push_back(read_command(commands[i], fmt::format("commands[{}]", i)));
    }
    if (unfinished_ && reply_.commands.empty() && !reply_.task_complete) {
      throw std::invalid_argument("The JSON object ends before its commands.");
    }
    warn_of_unknown(value, "", {"analysis", "plan", "commands", "task_complete"});
  }

  Keystrokes read_command(const json& value, const std::string& where) {
    if (!value.is_object() || !value.contains("keystrokes") ||
        !value.at("keystrokes").is_string()) {
      throw std::invalid_argument(
          fmt::format("{} must be an object with a string \"keystrokes\".", where));
    }
    Keystrokes keys;
    keys.text = value.at("keystrokes").get<std::string>();
    if (value.contains("duration")) keys.wait = read_wait(value.at("duration"), where);
    warn_of_unknown(value, where + ".", {"keystrokes", "duration"});
    return keys;
  }

  milliseconds read_wait(const json& value, const std::string& where) {
    if (!value.is_number()) {
      throw std::invalid_argument(fmt::format("{}.duration must be a number of seconds.", where));
    }
    const double seconds = value.get<double>();
    const double most = std::chrono::duration<double>(kLongestWait).count();
    if (!(seconds >= 0 && seconds <= most)) {
      warn(fmt::format("{}.duration was taken as {} s: it is from 0 to {}", where,
                       seconds > most ? most : 0, most));
    }
    const double taken = seconds > most ? most : seconds > 0 ? seconds : 0;
    return milliseconds(std::llround(taken * 1000));
  }

  static std::string text_at(const json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end() || found->is_null()) return {};
    if (!found->is_string()) {
      throw std::invalid_argument(fmt::format("\"{}\" must be a string.", key));
    }
    return found->get<std::string>();
  }

  static bool flag_at(const json& value, const char* key) {
    const auto found = value.find(key);
    if (found == value.end() || found->is_null()) return false;
    if (!found->is_boolean()) {
      throw std::invalid_argument(fmt::format("\"{}\" must be true or false.", key));
    }
    return found->get<bool>();
  }

  void warn_of_unknown(const json& value, const std::string& where,
                       const std::vector<std::string>& known) {
    for (const auto& [key, unused] : value.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      warn(fmt::format("the key \"{}{}\" was left out{}", where, key.substr(0, 40),
                       did_you_mean(key.substr(0, 40), known)));
    }
  }

  void warn(std::string warning) {
    if (reply_.warnings.size() < kMostWarnings) reply_.warnings.push_back(std::move(warning));
  }

  static constexpr std::size_t kMostWarnings = 8;

  std::string_view text_;
  bool unfinished_ = false;
  TerminalReply reply_;
};

}  // namespace

TerminalReply read_terminal_reply(std::string_view text) {
  return ReplyReader(text).read();
}

std::string render_terminal_reply(const TerminalReply& reply) {
  nlohmann::ordered_json out = {{"analysis", reply.analysis}, {"plan", reply.plan}};
  out["commands"] = nlohmann::ordered_json::array();
  for (const auto& keys : reply.commands) {
    out["commands"].push_back(
        {{"keystrokes", keys.text}, {"duration", static_cast<double>(keys.wait.count()) / 1000}});
  }
  out["task_complete"] = reply.task_complete;
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace weir
