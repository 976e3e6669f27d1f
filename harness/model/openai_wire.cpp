#include "harness/model/openai_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tasks/text.hpp"

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
void thinking_unsaid(json&, const std::string&) {}

constexpr std::array<Dialect, 5> kDialects = {{
    {"deepseek", "reasoning_content", "max_tokens", true, thinking_deepseek},
    {"openai", "", "max_completion_tokens", false, thinking_effort},
    {"vllm", "reasoning", "max_tokens", false, thinking_template},
    {"sglang", "reasoning_content", "max_tokens", false, thinking_template},
    {"generic", "", "max_tokens", false, thinking_unsaid},
}};

std::optional<std::int64_t> count(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return {};
  const auto value = found->get<std::int64_t>();
  return value < 0 ? std::nullopt : std::optional(value);
}

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool mentions(const std::string& message, std::string_view phrase) {
  return std::search(message.begin(), message.end(), phrase.begin(), phrase.end(),
                     [](char a, char b) {
                       return std::tolower(static_cast<unsigned char>(a)) ==
                              std::tolower(static_cast<unsigned char>(b));
                     }) != message.end();
}

bool is_context_overflow(const std::string& message) {
  for (const auto phrase : {"maximum context length", "longer than the model's context length",
                            "exceed_context_size", "context_length_exceeded",
                            "context window"}) {
    if (mentions(message, phrase)) return true;
  }
  return false;
}

std::string classify(long status, const std::string& message) {
  if (is_context_overflow(message)) return "context_overflow";
  if (status == 401 || status == 403) return "auth";
  if (status == 402) return "balance";
  if (status == 429) return "rate_limit";
  if (status == 408) return "timeout";
  if (status == 503 || status == 529) return "overloaded";
  if (status >= 500) return "server_error";
  if (mentions(message, "content risk") || mentions(message, "content policy")) {
    return "content_filter";
  }
  return status == 200 ? "server_error" : "bad_request";  // 200: an error inside an answer
}

Completion failed(long status, const std::string& message) {
  Completion completion;
  completion.error_class = classify(status, message);
  completion.retryable = may_be_retried(completion.error_class);
  completion.error_message = fmt::format("HTTP {}: {}", status, message.substr(0, 500));
  completion.refused = status >= 400 && status < 500 && status != 408;
  return completion;
}

Completion malformed(const std::string& why) {
  Completion completion;
  completion.error_class = "malformed_response";
  completion.error_message = why;
  completion.retryable = true;
  return completion;
}

std::string error_text(const json& error) {
  if (error.is_string()) return error.get<std::string>();
  if (!error.is_object()) return error.dump();
  const std::string message = text(error, "message");
  return message.empty() ? error.dump() : message;
}

void read_choice(const json& choice, Completion& completion) {
  completion.message = message_from_json(choice.value("message", json::object()));
  completion.message.role = Role::assistant;
  completion.finish_reason = text(choice, "finish_reason");
  const bool nothing = completion.message.content.empty() &&
                       completion.message.reasoning.empty() &&
                       completion.message.tool_calls.empty();
  if (completion.finish_reason == "content_filter") {
    completion.error_class = "content_filter";
  } else if (completion.finish_reason == "insufficient_system_resource") {
    completion.error_class = "overloaded";
    completion.retryable = true;
  } else if (nothing && completion.finish_reason != "length") {
    completion.error_class = "empty_response";
    completion.retryable = true;
  }
}

}  // namespace

const Dialect* find_dialect(std::string_view name) {
  const auto found = std::find_if(kDialects.begin(), kDialects.end(),
                                  [&](const Dialect& dialect) { return dialect.name == name; });
  return found == kDialects.end() ? nullptr : &*found;
}

json openai_body(const ChatRequest& request, const ModelSpec& spec, const Dialect& dialect) {
  json messages = json::array();
  for (const auto& message : request.messages) {
    json written = to_json(message);
    written.erase("reasoning_content");
    if (!message.reasoning.empty() && !dialect.reasoning_field.empty()) {
      written[std::string(dialect.reasoning_field)] = message.reasoning;
    }
    messages.push_back(std::move(written));
  }
  json body = {{"model", spec.model}, {"messages", std::move(messages)}, {"stream", false}};
  if (!request.tools.empty()) body["tools"] = request.tools;
  body[std::string(dialect.max_tokens_field)] = spec.max_tokens;
  dialect.set_thinking(body, spec.thinking);
  return body;
}

Tokens read_openai_usage(const json& usage) {
  Tokens tokens;
  tokens.input_total = count(usage, "prompt_tokens");
  tokens.output_total = count(usage, "completion_tokens");
  if (!usage.is_object()) return tokens;
  tokens.input_hit = count(usage, "prompt_cache_hit_tokens");
  tokens.input_miss = count(usage, "prompt_cache_miss_tokens");
  if (!tokens.input_hit) {
    tokens.input_hit = count(usage.value("prompt_tokens_details", json()), "cached_tokens");
  }
  if (!tokens.input_miss && tokens.input_hit && tokens.input_total &&
      *tokens.input_hit <= *tokens.input_total) {
    tokens.input_miss = *tokens.input_total - *tokens.input_hit;
  }
  tokens.output_reasoning =
      count(usage.value("completion_tokens_details", json()), "reasoning_tokens");
  if (tokens.output_total && tokens.output_reasoning &&
      *tokens.output_reasoning <= *tokens.output_total) {
    tokens.output_text = *tokens.output_total - *tokens.output_reasoning;
  }
  return tokens;
}

Completion read_openai_reply(long status, std::string_view body) {
  const json reply = json::parse(to_utf8(body), nullptr, false);
  if (status != 200) {
    if (!reply.is_object()) return failed(status, to_utf8(body));
    return failed(status, error_text(reply.value("error", reply)));
  }
  if (!reply.is_object()) return malformed("the reply is not a JSON object");
  if (reply.contains("error") && !reply.at("error").is_null()) {
    return failed(status, error_text(reply.at("error")));
  }
  const json choices = reply.value("choices", json());
  if (!choices.is_array() || choices.empty() || !choices.at(0).is_object()) {
    return malformed("the reply has no choices");
  }
  Completion completion;
  read_choice(choices.at(0), completion);
  completion.served_model = text(reply, "model");
  completion.fingerprint = text(reply, "system_fingerprint");
  completion.response_id = text(reply, "id");
  const json usage = reply.value("usage", json());
  if (usage.is_object()) {
    completion.raw_usage = usage.dump();
    completion.tokens = read_openai_usage(usage);
  }
  return completion;
}

}  // namespace weir
