// Replies of Anthropic messages.

#include <map>
#include <nlohmann/json.hpp>

#include "harness/model/failure.hpp"
#include "harness/model/wire/json_fields.hpp"
#include "harness/model/wire/reply_decoder.hpp"
#include "harness/model/wire/usage.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string normal_finish(const std::string& reason) {
  if (reason == "end_turn" || reason == "stop_sequence") return "stop";
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return "length";
  if (reason == "tool_use") return "tool_calls";
  if (reason == "pause_turn") return "pause";
  if (reason == "refusal") return "content_filter";
  return reason;
}

class MessagesDecoder final : public ReplyDecoder {
 public:
  bool take(const SseEvent& event) override {
    if (event.name == "ping" || !completion_.ok()) return false;
    const json value = parse_json(event.data);
    if (!value.is_object()) {
      fail(completion_, "malformed_response", "an event of the stream is not a JSON object");
      return true;
    }
    const std::string type = text_field(value, "type");
    if (type == "message_start") return take_start(field(value, "message"));
    if (type == "content_block_start") return take_block(value);
    if (type == "content_block_delta") return take_delta(value);
    if (type == "message_delta") return take_end(value);
    if (type == "message_stop") return terminal_ = true;
    if (type == "error") {
      fail_in_band(completion_, read_error(value, 200));
      return true;
    }
    return false;  // ping, content_block_stop, and what is not known yet
  }

  void take_body(const json& body) override {
    if (!field(body, "error").is_null()) {
      fail_in_band(completion_, read_error(body, 200));
      return;
    }
    const json& content = field(body, "content");
    if (!content.is_array()) {
      fail(completion_, "malformed_response", "the reply has no content");
      return;
    }
    take_start(body);
    for (std::size_t i = 0; i < content.size(); ++i) {
      if (content.at(i).is_object()) blocks_[static_cast<std::int64_t>(i)] = {content.at(i), ""};
    }
    completion_.finish_reason = normal_finish(text_field(body, "stop_reason"));
    settled_usage_ = true;
  }

  bool ended() const override { return terminal_ || !completion_.ok(); }

  Completion finish(bool streamed) override {
    completion_.message.role = Role::assistant;
    collect_blocks();
    if (!usage_.empty()) {
      completion_.raw_usage = dump_text(usage_);
      completion_.tokens = read_messages_usage(usage_);
      if (!settled_usage_) {  // what message_start says of the output is no count of it
        completion_.tokens.output_total.reset();
        completion_.tokens.output_text.reset();
        completion_.tokens.output_reasoning.reset();
      }
    }
    conclude(completion_, streamed, terminal_);
    return std::move(completion_);
  }

 private:
  struct Block {
    json value;             ///< as it started; texts grow in place
    std::string arguments;  ///< fragments of a tool's input
  };

  bool take_start(const json& message) {
    completion_.served_model = text_field(message, "model");
    completion_.response_id = text_field(message, "id");
    add_usage(field(message, "usage"));
    return false;
  }

  /// Counts are cumulative: the last one said holds.
  void add_usage(const json& usage) {
    if (!usage.is_object()) return;
    for (const auto& [name, value] : usage.items()) {
      if (!value.is_null()) usage_[name] = value;
    }
  }

  bool take_block(const json& event) {
    const json& block = field(event, "content_block");
    if (!block.is_object()) return false;
    blocks_[count_field(event, "index").value_or(0)] = {block, ""};
    return text_field(block, "type") == "tool_use" || !text_field(block, "text").empty() ||
           !text_field(block, "thinking").empty();
  }

  bool take_delta(const json& event) {
    const json& delta = field(event, "delta");
    Block& block = blocks_[count_field(event, "index").value_or(0)];
    const std::string type = text_field(delta, "type");
    if (type == "text_delta") return grow(block, "text", text_field(delta, "text"));
    if (type == "thinking_delta") return grow(block, "thinking", text_field(delta, "thinking"));
    if (type == "signature_delta") return grow(block, "signature", text_field(delta, "signature"));
    if (type != "input_json_delta") return false;
    const std::string fragment = text_field(delta, "partial_json");
    block.arguments += fragment;
    return !fragment.empty();
  }

  static bool grow(Block& block, const char* key, const std::string& more) {
    if (!block.value.is_object()) block.value = json::object();
    json& text = block.value[key];
    if (!text.is_string()) text = "";
    text.get_ref<std::string&>() += more;
    return !more.empty();
  }

  bool take_end(const json& event) {
    const auto reason = text_field(field(event, "delta"), "stop_reason");
    if (!reason.empty()) completion_.finish_reason = normal_finish(reason);
    add_usage(field(event, "usage"));
    settled_usage_ = field(event, "usage").is_object();
    return true;
  }

  void collect_blocks() {
    Message& message = completion_.message;
    json all = json::array();
    bool is_signed = false;
    for (auto& [unused, block] : blocks_) {
      const std::string type = text_field(block.value, "type");
      message.content += type == "text" ? text_field(block.value, "text") : "";
      message.reasoning += type == "thinking" ? text_field(block.value, "thinking") : "";
      if (type == "tool_use") take_tool(block);
      is_signed = is_signed || type == "redacted_thinking" ||
                  !text_field(block.value, "signature").empty();
      all.push_back(std::move(block.value));
    }
    if (is_signed) message.signed_blocks = std::move(all);
  }

  void take_tool(Block& block) {
    ToolCall call{text_field(block.value, "id"), text_field(block.value, "name"), block.arguments};
    const json input = parse_json(block.arguments);
    if (call.arguments.empty()) {
      call.arguments = dump_text(field(block.value, "input"));
    } else {
      block.value["input"] = input.is_object() ? input : json::object();
    }
    completion_.message.tool_calls.push_back(std::move(call));
  }

  Completion completion_;
  std::map<std::int64_t, Block> blocks_;
  json usage_ = json::object();
  bool settled_usage_ = false;
  bool terminal_ = false;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_messages_decoder() {
  return std::make_unique<MessagesDecoder>();
}

}  // namespace weir
