#include "harness/model/wire/chat_request.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "harness/model/wire/json_fields.hpp"

namespace weir {
namespace {

using nlohmann::json;

void thinking_deepseek(json& body, const std::string& thinking) {
  body["thinking"] = {{"type", thinking == "off" ? "disabled" : "enabled"}};
  if (thinking != "off") body["reasoning_effort"] = thinking;
}
void thinking_effort(json& body, const std::string& thinking) {
  body["reasoning_effort"] = thinking == "off" ? "none" : (thinking == "max" ? "xhigh" : thinking);
}
void thinking_template(json& body, const std::string& thinking) {
  json arguments = {{"thinking", thinking != "off"}};
  if (thinking != "off") arguments["reasoning_effort"] = thinking;
  body["chat_template_kwargs"] = std::move(arguments);
}

// The field of reasoning: DeepSeek answers 400 when an earlier turn lacks it
// beside tools; vLLM renamed it; OpenAI takes none. Servers that parse earlier
// arguments again answer 400 for ever once one was malformed.
constexpr std::array<Dialect, 5> kDialects = {{
    {"deepseek", "reasoning_content", false, true, "max_tokens", thinking_deepseek},
    {"openai", "", true, false, "max_completion_tokens", thinking_effort},
    {"vllm", "reasoning", false, false, "max_tokens", thinking_template},
    {"sglang", "reasoning_content", false, false, "max_tokens", thinking_template},
    {"generic", "", false, false, "max_tokens", thinking_effort},
}};

json written(const Message& message, const ModelSpec& spec, const Dialect& dialect) {
  json out = to_json(message);
  out.erase("reasoning_content");
  out.erase("signed_blocks");
  if (!dialect.any_arguments && out.contains("tool_calls")) {
    for (auto& call : out.at("tool_calls")) {
      json& arguments = call.at("function").at("arguments");
      arguments = object_arguments(arguments.get<std::string>());
    }
  }
  if (dialect.reasoning_field.empty() || message.role != Role::assistant) return out;
  const bool demanded = dialect.always_reasoning && spec.thinking != "off";
  if (demanded || !message.reasoning.empty()) {
    out[std::string(dialect.reasoning_field)] = message.reasoning;
  }
  return out;
}

}  // namespace

const Dialect* find_dialect(std::string_view name) {
  const auto found = std::find_if(kDialects.begin(), kDialects.end(),
                                  [&](const Dialect& dialect) { return dialect.name == name; });
  return found == kDialects.end() ? nullptr : &*found;
}

std::vector<std::string> dialect_names() {
  std::vector<std::string> names;
  for (const auto& dialect : kDialects) names.emplace_back(dialect.name);
  return names;
}

json chat_body(const ChatRequest& request, const ModelSpec& spec, const Dialect& dialect) {
  json messages = json::array();
  for (const auto& message : request.messages) messages.push_back(written(message, spec, dialect));
  json body = {{"model", spec.model}, {"messages", std::move(messages)}, {"stream", spec.stream}};
  if (spec.stream) body["stream_options"] = {{"include_usage", true}};
  if (spec.logprobs) body["logprobs"] = true;
  if (!request.tools.empty()) body["tools"] = request.tools;
  body[std::string(dialect.max_tokens_field)] = request.max_tokens.value_or(spec.max_tokens);
  dialect.set_thinking(body, spec.thinking);
  return body;
}

}  // namespace weir
