// The rules of ATIF: which keys stand where, what they hold, and what holds between them.

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <span>

#include "results/exchange/atif.hpp"
#include "results/exchange/foreign_json.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

using nlohmann::json;

enum class Kind { text, count, whole, number, flag, object, list, content, effort };

struct Key {
  const char* name;
  Kind kind;
  bool required = false;
};

constexpr Key kTrajectory[] = {
    {"schema_version", Kind::text},  {"session_id", Kind::text},
    {"trajectory_id", Kind::text},   {"agent", Kind::object, true},
    {"steps", Kind::list, true},     {"notes", Kind::text},
    {"final_metrics", Kind::object}, {"continued_trajectory_ref", Kind::text},
    {"extra", Kind::object},         {"subagent_trajectories", Kind::list}};
constexpr Key kAgent[] = {{"name", Kind::text, true},
                          {"version", Kind::text, true},
                          {"model_name", Kind::text},
                          {"tool_definitions", Kind::list},
                          {"extra", Kind::object}};
constexpr Key kFinalMetrics[] = {
    {"total_prompt_tokens", Kind::whole}, {"total_completion_tokens", Kind::whole},
    {"total_cached_tokens", Kind::whole}, {"total_cost_usd", Kind::number},
    {"total_steps", Kind::count},         {"extra", Kind::object}};
constexpr Key kStep[] = {{"step_id", Kind::whole, true},
                         {"timestamp", Kind::text},
                         {"source", Kind::text, true},
                         {"model_name", Kind::text},
                         {"reasoning_effort", Kind::effort},
                         {"message", Kind::content, true},
                         {"reasoning_content", Kind::text},
                         {"tool_calls", Kind::list},
                         {"observation", Kind::object},
                         {"metrics", Kind::object},
                         {"is_copied_context", Kind::flag},
                         {"llm_call_count", Kind::count},
                         {"extra", Kind::object}};
constexpr Key kToolCall[] = {{"tool_call_id", Kind::text, true},
                             {"function_name", Kind::text, true},
                             {"arguments", Kind::object, true},
                             {"extra", Kind::object}};
constexpr Key kMetrics[] = {{"prompt_tokens", Kind::whole},   {"completion_tokens", Kind::whole},
                            {"cached_tokens", Kind::whole},   {"cost_usd", Kind::number},
                            {"prompt_token_ids", Kind::list}, {"completion_token_ids", Kind::list},
                            {"logprobs", Kind::list},         {"extra", Kind::object}};
constexpr Key kObservation[] = {{"results", Kind::list, true}};
constexpr Key kResult[] = {{"source_call_id", Kind::text},
                           {"content", Kind::content},
                           {"subagent_trajectory_ref", Kind::list},
                           {"extra", Kind::object}};
constexpr Key kSubagentRef[] = {{"trajectory_id", Kind::text},
                                {"session_id", Kind::text},
                                {"trajectory_path", Kind::text},
                                {"extra", Kind::object}};
constexpr Key kPart[] = {
    {"type", Kind::text, true}, {"text", Kind::text}, {"source", Kind::object}};
constexpr Key kImage[] = {{"media_type", Kind::text, true}, {"path", Kind::text, true}};

/// What only an agent's step may have.
constexpr const char* kAgentOnly[] = {"model_name", "reasoning_effort", "reasoning_content",
                                      "tool_calls", "metrics"};

const char* description(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "is no text";
    case Kind::count:
      return "is no whole number from 0";
    case Kind::whole:
      return "is no whole number";
    case Kind::number:
      return "is no number";
    case Kind::flag:
      return "is neither true nor false";
    case Kind::object:
      return "is no object";
    case Kind::list:
      return "is no list";
    case Kind::content:
      return "is neither text nor a list of parts";
    case Kind::effort:
      return "is neither text nor a number";
  }
  return "";
}

bool is_whole(const json& value) {
  return value.is_number_integer() ||
         (value.is_number() && std::floor(value.get<double>()) == value.get<double>());
}

bool holds(const json& value, Kind kind) {
  switch (kind) {
    case Kind::text:
      return value.is_string();
    case Kind::count:
      return is_whole(value) && value.get<double>() >= 0;
    case Kind::whole:
      return is_whole(value);
    case Kind::number:
      return value.is_number();
    case Kind::flag:
      return value.is_boolean();
    case Kind::object:
      return value.is_object();
    case Kind::list:
      return value.is_array();
    case Kind::content:
      return value.is_string() || value.is_array();
    case Kind::effort:
      return value.is_string() || value.is_number();
  }
  return false;
}

/// The member if it is there and not null, which the format takes for the same.
const json* member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* name) {
  const json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

class Rules {
 public:
  std::vector<std::string> check(const json& trajectory) {
    this->trajectory(trajectory, "", 0);
    return std::move(problems_);
  }

 private:
  static constexpr std::size_t kMostProblems = 20;
  static constexpr int kMostNesting = 16;

  void say(const std::string& path, const std::string& what) {
    if (problems_.size() < kMostProblems) {
      problems_.push_back(fmt::format("{}: {}", path.empty() ? "the file" : path, what));
    }
  }

  static std::string joined(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
  }

  /// Whether `object` is an object at all; its keys are held against `keys`.
  bool keys(const json& object, std::span<const Key> keys, const std::string& path) {
    if (!object.is_object()) {
      say(path, "is no object");
      return false;
    }
    std::vector<std::string> names;
    for (const Key& key : keys) {
      names.emplace_back(key.name);
      const json* value = member(object, key.name);
      if (value == nullptr) {
        if (key.required) say(joined(path, key.name), "is missing");
      } else if (!holds(*value, key.kind)) {
        say(joined(path, key.name), description(key.kind));
      }
    }
    for (const auto& [name, unused] : object.items()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        say(joined(path, name), "is no key of the format" + did_you_mean(name, names));
      }
    }
    return true;
  }

  /// Each element of a list that is one; of the wrong type it was told already.
  template <typename Check>
  void each(const json& object, const char* name, const std::string& path, Check&& check) {
    const json* list = member(object, name);
    if (list == nullptr || !list->is_array()) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
      check((*list)[i], fmt::format("{}[{}]", joined(path, name), i), i);
    }
  }

  void trajectory(const json& value, const std::string& path, int depth) {
    if (depth > kMostNesting) return say(path, "is nested too deeply");
    if (!keys(value, kTrajectory, path)) return;
    version(value, path);
    if (const json* agent = member(value, "agent")) {
      const std::string at = joined(path, "agent");
      if (keys(*agent, kAgent, at)) {
        each(*agent, "tool_definitions", at, [&](const json& tool, const std::string& place, auto) {
          if (!tool.is_object()) say(place, "is no object");
        });
      }
    }
    const json* steps = member(value, "steps");
    if (steps != nullptr && steps->is_array() && steps->empty()) {
      say(joined(path, "steps"), "is empty");
    }
    each(value, "steps", path,
         [&](const json& one, const std::string& at, std::size_t i) { step(one, at, i + 1); });
    if (const json* metrics = member(value, "final_metrics")) {
      keys(*metrics, kFinalMetrics, joined(path, "final_metrics"));
    }
    subagents(value, path, depth);
  }

  void version(const json& value, const std::string& path) {
    const json* version = member(value, "schema_version");
    if (version == nullptr || !version->is_string()) return;
    const auto text = version->get<std::string>();
    const bool known =
        text.size() == 9 && text.starts_with("ATIF-v1.") && text[8] >= '0' && text[8] <= '7';
    if (!known) {
      say(joined(path, "schema_version"),
          fmt::format("is \"{}\"; ATIF-v1.0 to ATIF-v1.7 can be read", text));
    }
  }

  void subagents(const json& value, const std::string& path, int depth) {
    std::set<std::string> ids;
    each(value, "subagent_trajectories", path,
         [&](const json& one, const std::string& at, std::size_t) {
           trajectory(one, at, depth + 1);
           if (!one.is_object()) return;
           const std::string id = text_of(one, "trajectory_id");
           if (id.empty()) {
             say(at + ".trajectory_id", "is missing");
           } else if (!ids.insert(id).second) {
             say(at + ".trajectory_id", fmt::format("\"{}\" stands twice", id));
           }
         });
  }

  void step(const json& value, const std::string& path, std::size_t due) {
    if (!keys(value, kStep, path)) return;
    const json* id = member(value, "step_id");
    if (id != nullptr && is_whole(*id) && id->get<double>() != static_cast<double>(due)) {
      say(path + ".step_id", fmt::format("is {}, not {}", id->dump(), due));
    }
    const json* time = member(value, "timestamp");
    if (time != nullptr && time->is_string() && !parse_foreign_time(time->get<std::string>())) {
      say(path + ".timestamp", fmt::format("{} is no ISO 8601 time", time->dump()));
    }
    const std::string source = text_of(value, "source");
    if (!source.empty() && source != "system" && source != "user" && source != "agent") {
      say(path + ".source", fmt::format("is \"{}\"; system, user or agent", source));
    }
    only_agents(value, path, source);
    if (const json* message = member(value, "message")) content(*message, path + ".message");
    std::set<std::string> calls;
    each(value, "tool_calls", path, [&](const json& call, const std::string& at, std::size_t) {
      if (keys(call, kToolCall, at)) calls.insert(text_of(call, "tool_call_id"));
    });
    if (const json* metrics = member(value, "metrics")) {
      keys(*metrics, kMetrics, path + ".metrics");
    }
    observation(value, path, calls);
  }

  void only_agents(const json& value, const std::string& path, const std::string& source) {
    if (source == "system" || source == "user") {
      for (const char* name : kAgentOnly) {
        if (member(value, name) != nullptr) {
          say(joined(path, name), fmt::format("is an agent's; the step is the {}'s", source));
        }
      }
    }
    const json* count = member(value, "llm_call_count");
    if (source != "agent" || count == nullptr || !is_whole(*count) || count->get<double>() != 0) {
      return;
    }
    for (const char* name : {"metrics", "reasoning_content"}) {
      if (member(value, name) != nullptr) {
        say(joined(path, name), "stands where llm_call_count is 0: no model was asked");
      }
    }
  }

  void observation(const json& step, const std::string& path, const std::set<std::string>& calls) {
    const json* value = member(step, "observation");
    const std::string at = path + ".observation";
    if (value == nullptr || !keys(*value, kObservation, at)) return;
    each(*value, "results", at, [&](const json& one, const std::string& place, std::size_t) {
      if (!keys(one, kResult, place)) return;
      const json* source = member(one, "source_call_id");
      if (source != nullptr && source->is_string() &&
          calls.count(source->get<std::string>()) == 0) {
        say(place + ".source_call_id",
            fmt::format("{} names no tool call of this step", source->dump()));
      }
      if (const json* text = member(one, "content")) content(*text, place + ".content");
      each(one, "subagent_trajectory_ref", place,
           [&](const json& ref, const std::string& where, std::size_t) {
             if (!keys(ref, kSubagentRef, where)) return;
             if (!member(ref, "trajectory_id") && !member(ref, "trajectory_path")) {
               say(where, "names neither a trajectory_id nor a trajectory_path");
             }
           });
    });
  }

  void content(const json& value, const std::string& path) {
    if (!value.is_array()) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const json& part = value[i];
      const std::string at = fmt::format("{}[{}]", path, i);
      if (!keys(part, kPart, at)) continue;
      const std::string type = text_of(part, "type");
      if (type != "text" && type != "image") {
        say(at + ".type", fmt::format("is \"{}\"; text or image", type));
        continue;
      }
      const bool image = type == "image";
      if ((member(part, "source") != nullptr) != image) {
        say(at + ".source", image ? "is missing" : "stands in a part of text");
      }
      if ((member(part, "text") != nullptr) == image) {
        say(at + ".text", image ? "stands in an image" : "is missing");
      }
      if (const json* source = member(part, "source")) keys(*source, kImage, at + ".source");
    }
  }

  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> check_atif(const json& trajectory) {
  return Rules().check(trajectory);
}

}  // namespace weir
