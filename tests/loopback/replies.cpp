#include "tests/loopback/replies.hpp"

namespace weir::loopback {
namespace {

using nlohmann::json;

json chat_usage(const Reply& r) {
  return {{"prompt_tokens", r.hit + r.miss},
          {"completion_tokens", r.output},
          {"total_tokens", r.hit + r.miss + r.output},
          {"prompt_cache_hit_tokens", r.hit},
          {"prompt_cache_miss_tokens", r.miss},
          {"completion_tokens_details", {{"reasoning_tokens", r.thought}}}};
}

json messages_usage(const Reply& r) {
  return {{"input_tokens", r.miss},
          {"cache_read_input_tokens", r.hit},
          {"cache_creation_input_tokens", 0},
          {"output_tokens", r.output},
          {"output_tokens_details", {{"thinking_tokens", r.thought}}}};
}

json arguments(const Reply& r) { return {{"command", r.command}}; }

json tool_call(const Reply& r) {
  return {{"index", 0},
          {"id", "c1"},
          {"type", "function"},
          {"function", {{"name", "bash"}, {"arguments", arguments(r).dump()}}}};
}

std::string finish(const Reply& r) { return r.command.empty() ? "stop" : "tool_calls"; }

std::string data(const json& value) { return "data: " + value.dump() + "\n\n"; }

std::string event(const json& value) {
  return "event: " + value.at("type").get<std::string>() + "\n" + data(value);
}

json chunk(const Reply& r, json delta, json finish_reason = nullptr, json usage = nullptr) {
  return {{"id", "r"},
          {"object", "chat.completion.chunk"},
          {"model", r.model},
          {"system_fingerprint", r.fingerprint},
          {"choices", json::array({{{"index", 0},
                                    {"delta", std::move(delta)},
                                    {"finish_reason", std::move(finish_reason)}}})},
          {"usage", std::move(usage)}};
}

}  // namespace

std::string chat_json(const Reply& r) {
  json message = {{"role", "assistant"}, {"content", r.text}, {"reasoning_content", r.reasoning}};
  if (!r.command.empty()) message["tool_calls"] = json::array({tool_call(r)});
  return json{{"id", "r"},
              {"model", r.model},
              {"system_fingerprint", r.fingerprint},
              {"choices", json::array({{{"index", 0}, {"message", message}, {"finish_reason", finish(r)}}})},
              {"usage", chat_usage(r)}}
      .dump();
}

std::string messages_json(const Reply& r) {
  json content = json::array(
      {{{"type", "thinking"}, {"thinking", r.reasoning}, {"signature", "sig"}}});
  if (!r.text.empty()) content.push_back({{"type", "text"}, {"text", r.text}});
  if (!r.command.empty()) {
    content.push_back({{"type", "tool_use"}, {"id", "c1"}, {"name", "bash"}, {"input", arguments(r)}});
  }
  return json{{"id", "r"},
              {"type", "message"},
              {"model", r.model},
              {"content", content},
              {"stop_reason", r.command.empty() ? "end_turn" : "tool_use"},
              {"usage", messages_usage(r)}}
      .dump();
}

std::vector<std::string> chat_events(const Reply& r) {
  std::vector<std::string> events = {data(chunk(r, {{"role", "assistant"}, {"content", ""}}))};
  events.push_back(data(chunk(r, {{"reasoning_content", r.reasoning}})));
  if (!r.text.empty()) events.push_back(data(chunk(r, {{"content", r.text}})));
  if (!r.command.empty()) {
    json first = tool_call(r);
    first["function"]["arguments"] = "";
    events.push_back(data(chunk(r, {{"tool_calls", json::array({first})}})));
    const json rest = {{"index", 0}, {"function", {{"arguments", arguments(r).dump()}}}};
    events.push_back(data(chunk(r, {{"tool_calls", json::array({rest})}})));
  }
  events.push_back(data(chunk(r, json::object(), finish(r), chat_usage(r))));
  events.emplace_back("data: [DONE]\n\n");
  return events;
}

std::vector<std::string> messages_events(const Reply& r) {
  json usage = messages_usage(r);
  usage["output_tokens"] = 1;
  std::vector<std::string> events = {event({{"type", "message_start"},
                                            {"message", {{"id", "r"}, {"model", r.model}, {"usage", usage}}}})};
  const auto block = [&](int index, const json& start, const json& delta) {
    events.push_back(
        event({{"type", "content_block_start"}, {"index", index}, {"content_block", start}}));
    events.push_back(event({{"type", "content_block_delta"}, {"index", index}, {"delta", delta}}));
    if (index == 0) {
      events.push_back(event({{"type", "content_block_delta"},
                              {"index", 0},
                              {"delta", {{"type", "signature_delta"}, {"signature", "sig"}}}}));
    }
    events.push_back(event({{"type", "content_block_stop"}, {"index", index}}));
  };
  block(0, {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}},
        {{"type", "thinking_delta"}, {"thinking", r.reasoning}});
  if (!r.text.empty()) {
    block(1, {{"type", "text"}, {"text", ""}}, {{"type", "text_delta"}, {"text", r.text}});
  }
  if (!r.command.empty()) {
    block(2, {{"type", "tool_use"}, {"id", "c1"}, {"name", "bash"}, {"input", json::object()}},
          {{"type", "input_json_delta"}, {"partial_json", arguments(r).dump()}});
  }
  events.push_back(event({{"type", "message_delta"},
                          {"delta", {{"stop_reason", r.command.empty() ? "end_turn" : "tool_use"}}},
                          {"usage", messages_usage(r)}}));
  events.push_back(event({{"type", "message_stop"}}));
  return events;
}

}  // namespace weir::loopback
