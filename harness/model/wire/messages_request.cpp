#include "harness/model/wire/messages_request.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/model/wire/json_fields.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kLeastThinking = 1024;  // the API's own minimum

json text_block(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

json tool_use(const ToolCall& call) {
  json input = parse_json(call.arguments);
  // The API takes objects only; what the model wrote instead is kept readable.
  if (!input.is_object()) input = {{"malformed_arguments", call.arguments}};
  return {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", std::move(input)}};
}

json assistant_blocks(const Message& message, const ModelSpec& spec) {
  if (message.signed_blocks.is_array()) return message.signed_blocks;
  json blocks = json::array();
  // Reasoning that nobody signed: DeepSeek wants it back, Anthropic refuses it.
  if (!message.reasoning.empty() && spec.dialect == "deepseek") {
    blocks.push_back({{"type", "thinking"}, {"thinking", message.reasoning}, {"signature", ""}});
  }
  if (!message.content.empty()) blocks.push_back(text_block(message.content));
  for (const auto& call : message.tool_calls) blocks.push_back(tool_use(call));
  if (blocks.empty()) blocks.push_back(text_block("(no answer)"));  // empty content is refused
  return blocks;
}

json user_block(const Message& message) {
  if (message.role != Role::tool) return text_block(message.content);
  return {{"type", "tool_result"},
          {"tool_use_id", message.tool_call_id},
          {"content", message.content}};
}

/// Messages alternate between user and assistant; neighbours are joined.
void append(json& messages, const char* role, json blocks) {
  if (!messages.empty() && messages.back().at("role") == role) {
    for (auto& block : blocks) messages.back().at("content").push_back(std::move(block));
  } else {
    messages.push_back({{"role", role}, {"content", std::move(blocks)}});
  }
}

json tools_of(const json& functions) {
  json tools = json::array();
  for (const auto& tool : functions) {
    const json& function = field(tool, "function");
    tools.push_back({{"name", text_field(function, "name")},
                     {"description", text_field(function, "description")},
                     {"input_schema", field(function, "parameters")}});
  }
  return tools;
}

void set_thinking(json& body, const ModelSpec& spec, int max_tokens) {
  if (spec.thinking == "off") {
    body["thinking"] = {{"type", "disabled"}};
  } else if (spec.dialect == "deepseek") {
    body["thinking"] = {{"type", "enabled"}};
    body["output_config"] = {{"effort", spec.thinking}};
  } else {
    const int most = max_tokens - std::min(max_tokens / 8, 4096);
    const int budget = spec.thinking == "max" ? most : max_tokens / 2;
    body["thinking"] = {{"type", "enabled"}, {"budget_tokens", std::max(kLeastThinking, budget)}};
  }
}

void mark_for_cache(json& block) { block["cache_control"] = {{"type", "ephemeral"}}; }

}  // namespace

json messages_body(const ChatRequest& request, const ModelSpec& spec) {
  json system = json::array();
  json messages = json::array();
  for (const auto& message : request.messages) {
    if (message.role == Role::system) {
      system.push_back(text_block(message.content));
    } else if (message.role == Role::assistant) {
      append(messages, "assistant", assistant_blocks(message, spec));
    } else {
      append(messages, "user", json::array({user_block(message)}));
    }
  }
  const bool marks = spec.dialect != "deepseek";
  if (marks && !system.empty()) mark_for_cache(system.back());
  if (marks && !messages.empty()) mark_for_cache(messages.back().at("content").back());
  const int max_tokens = request.max_tokens.value_or(spec.max_tokens);
  json body = {{"model", spec.model},
               {"messages", std::move(messages)},
               {"max_tokens", max_tokens},
               {"stream", spec.stream}};
  if (!system.empty()) body["system"] = std::move(system);
  if (!request.tools.empty()) body["tools"] = tools_of(request.tools);
  set_thinking(body, spec, max_tokens);
  return body;
}

}  // namespace weir
