#include "harness/model/wire/messages_request.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "harness/model/wire/json_fields.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr int kLeastThinking = 1024;  // the API's own minimum
constexpr int kLeastAnswer = 256;     // tokens left for it after thinking

json text_block(const std::string& text) { return {{"type", "text"}, {"text", text}}; }

/// The API refuses texts of blanks alone.
bool says_something(const json& block) { return !trimmed(text_field(block, "text")).empty(); }

/// Ids and names of other providers' models, in the alphabet the API takes.
std::string plain_word(std::string word) {
  std::replace_if(word.begin(), word.end(),
                  [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '-'; }, '_');
  return word.empty() ? "_" : word;
}

json tool_use(const ToolCall& call) {
  return {{"type", "tool_use"},
          {"id", plain_word(call.id)},
          {"name", plain_word(call.name)},
          {"input", json::parse(object_arguments(call.arguments), nullptr, false)}};
}

json assistant_blocks(const Message& message, const ModelSpec& spec) {
  json blocks = json::array();
  if (message.signed_blocks.is_array()) {
    for (const auto& block : message.signed_blocks) {
      if (text_field(block, "type") != "text" || says_something(block)) blocks.push_back(block);
    }
    return blocks;
  }
  // Reasoning that nobody signed: DeepSeek wants it back, Anthropic refuses it.
  if (!message.reasoning.empty() && spec.dialect == "deepseek") {
    blocks.push_back({{"type", "thinking"}, {"thinking", message.reasoning}, {"signature", ""}});
  }
  if (says_something(text_block(message.content))) blocks.push_back(text_block(message.content));
  for (const auto& call : message.tool_calls) blocks.push_back(tool_use(call));
  if (blocks.empty()) blocks.push_back(text_block("(no answer)"));  // empty content is refused
  return blocks;
}

json user_block(const Message& message) {
  if (message.role != Role::tool) return text_block(message.content);
  return {{"type", "tool_result"},
          {"tool_use_id", plain_word(message.tool_call_id)},
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

/// With a budget, the API refuses thinking while tools are in use since an answer
/// without a signed thought: one of another provider's model.
bool began_unsigned(const ChatRequest& request) {
  const auto& all = request.messages;
  const auto asked = std::find_if(all.rbegin(), all.rend(), [](const Message& message) {
    return message.role == Role::user;
  });
  const auto first = std::find_if(asked.base(), all.end(), [](const Message& message) {
    return message.role == Role::assistant;
  });
  return first != all.end() && !first->tool_calls.empty() && !first->signed_blocks.is_array();
}

void set_thinking(json& body, const ChatRequest& request, const ModelSpec& spec, int max_tokens) {
  if (spec.dialect == "deepseek") {
    body["thinking"] = {{"type", spec.thinking == "off" ? "disabled" : "enabled"}};
    if (spec.thinking != "off") body["output_config"] = {{"effort", spec.thinking}};
    return;
  }
  const bool room = max_tokens > kLeastThinking + kLeastAnswer;
  if (spec.thinking == "off") {
    body["thinking"] = {{"type", "disabled"}};
  } else if (spec.dialect == "anthropic") {
    body["thinking"] = {{"type", "adaptive"}};
    body["output_config"] = {{"effort", spec.thinking}};
  } else if (!room || began_unsigned(request)) {
    body["thinking"] = {{"type", "disabled"}};
  } else {
    const int most = max_tokens - std::max(kLeastAnswer, std::min(max_tokens / 8, 4096));
    const int budget = spec.thinking == "max" ? most : max_tokens / 2;
    body["thinking"] = {{"type", "enabled"}, {"budget_tokens", std::clamp(budget, kLeastThinking, most)}};
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
  set_thinking(body, request, spec, max_tokens);
  return body;
}

}  // namespace weir
