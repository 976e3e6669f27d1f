#include "harness/model/chat.hpp"

#include "results/prices.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

constexpr const char* kRoles[] = {"system", "user", "assistant", "tool"};

std::string text_or_empty(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

json to_json(const Message& message) {
  json out = {{"role", kRoles[static_cast<std::size_t>(message.role)]},
              {"content", message.content}};
  if (!message.reasoning.empty()) out["reasoning_content"] = message.reasoning;
  if (!message.tool_calls.empty()) {
    json calls = json::array();
    for (const auto& call : message.tool_calls) {
      calls.push_back({{"id", call.id},
                       {"type", "function"},
                       {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
    }
    out["tool_calls"] = std::move(calls);
  }
  if (message.role == Role::tool) out["tool_call_id"] = message.tool_call_id;
  if (!message.signed_blocks.is_null()) out["signed_blocks"] = message.signed_blocks;
  return out;
}

Message message_from_json(const json& value) {
  Message message;
  const std::string role = text_or_empty(value, "role");
  for (std::size_t i = 0; i < std::size(kRoles); ++i) {
    if (role == kRoles[i]) message.role = static_cast<Role>(i);
  }
  message.content = text_or_empty(value, "content");
  message.reasoning = text_or_empty(value, "reasoning_content");
  if (message.reasoning.empty()) message.reasoning = text_or_empty(value, "reasoning");
  message.tool_call_id = text_or_empty(value, "tool_call_id");
  if (value.contains("signed_blocks")) message.signed_blocks = value.at("signed_blocks");
  const auto calls = value.find("tool_calls");
  if (calls == value.end() || !calls->is_array()) return message;
  for (const auto& call : *calls) {
    if (!call.is_object()) continue;
    const json function = call.value("function", json::object());
    if (!function.is_object()) continue;
    message.tool_calls.push_back({text_or_empty(call, "id"), text_or_empty(function, "name"),
                                  text_or_empty(function, "arguments")});
  }
  return message;
}

std::string completion_to_text(const Completion& completion) {
  json out = to_json(completion.message);
  if (const auto& surprise = completion.surprise) {
    out["surprise"] = {surprise->tokens, surprise->q50, surprise->q90, surprise->q99};
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

void completion_from_text(std::string_view text, Completion& completion) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) throw InfraError("database: a stored completion is damaged");
  completion.message = message_from_json(parsed);
  const json surprise = parsed.value("surprise", json());
  if (!surprise.is_array() || surprise.size() != 4) return;
  completion.surprise = Surprise{surprise[0].get<int>(), surprise[1].get<double>(),
                                 surprise[2].get<double>(), surprise[3].get<double>()};
}

bool was_cut_off(const Call& call) {
  return !call.settled || call.error_class == "interrupted";
}

Completion completion_of(const Call& call) {
  Completion completion;
  completion.served_model = call.served_model;
  completion.fingerprint = call.fingerprint;
  completion.response_id = call.response_id;
  completion.finish_reason = call.finish_reason;
  completion.error_class = call.error_class;
  completion.error_message = call.error_message;
  completion.retryable = call.retryable;
  completion.refused = call.price_entry == kRefused;
  completion.tokens = call.tokens;
  completion.raw_usage = call.raw_usage;
  completion.latency = milliseconds(call.latency_ms.value_or(0));
  if (call.ttft_ms) completion.ttft = milliseconds(*call.ttft_ms);
  if (!call.response.empty()) completion_from_text(call.response, completion);
  return completion;
}

}  // namespace weir
