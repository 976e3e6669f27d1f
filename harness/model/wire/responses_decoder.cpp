// Replies of OpenAI responses. Weir asks no model this way; agents that do are
// read through the gateway, and the recorded traffic holds some.

#include <map>
#include <nlohmann/json.hpp>

#include "harness/model/failure.hpp"
#include "harness/model/wire/json_fields.hpp"
#include "harness/model/wire/reply_decoder.hpp"
#include "harness/model/wire/usage.hpp"

namespace weir {
namespace {

using nlohmann::json;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

class ResponsesDecoder final : public ReplyDecoder {
 public:
  bool take(const SseEvent& event) override {
    if (event.data == "[DONE]" || !completion_.ok()) return false;
    const json value = parse_json(event.data);
    if (!value.is_object()) {
      fail(completion_, "malformed_response", "an event of the stream is not a JSON object");
      return true;
    }
    const std::string type = text_field(value, "type");
    if (type == "error") {
      fail_in_band(completion_, read_error(value, 200));
      return true;
    }
    if (type == "response.completed" || type == "response.incomplete" || type == "response.failed") {
      terminal_ = true;
      take_response(field(value, "response"));
      return true;
    }
    take_identity(field(value, "response"));
    return take_item_event(type, value);
  }

  void take_body(const json& body) override {
    take_response(body);
    if (completion_.ok() && !field(body, "output").is_array()) {
      fail(completion_, "malformed_response", "the reply has no output");
    }
  }

  bool ended() const override { return terminal_ || !completion_.ok(); }

  Completion finish(bool streamed) override {
    completion_.message.role = Role::assistant;
    for (const auto& [unused, item] : items_) collect(item);
    if (completion_.finish_reason == "stop" && !completion_.message.tool_calls.empty()) {
      completion_.finish_reason = "tool_calls";
    }
    conclude(completion_, streamed, terminal_);
    return std::move(completion_);
  }

 private:
  struct Item {
    std::string type;
    std::string text;  ///< of a message or of reasoning
    std::string refusal;
    ToolCall call;
  };

  bool take_item_event(const std::string& type, const json& value) {
    const auto index = count_field(value, "output_index").value_or(0);
    if (type == "response.output_item.added" || type == "response.output_item.done") {
      const bool begun = items_.count(index) != 0;
      Item item = read_item(field(value, "item"));
      if (begun && type == "response.output_item.added") return false;
      items_[index] = std::move(item);
      return type == "response.output_item.done";
    }
    if (!ends_with(type, ".delta")) return false;
    Item& item = items_[index];
    const std::string delta = text_field(value, "delta");
    if (type == "response.function_call_arguments.delta") {
      item.call.arguments += delta;
    } else if (type == "response.refusal.delta") {
      item.refusal += delta;
    } else {
      item.text += delta;
    }
    return !delta.empty();
  }

  static Item read_item(const json& value) {
    Item item;
    item.type = text_field(value, "type");
    item.call = {text_field(value, "call_id"), text_field(value, "name"),
                 text_field(value, "arguments")};
    for (const char* list : {"content", "summary"}) {
      const json& parts = field(value, list);
      if (!parts.is_array() || !item.text.empty()) continue;
      for (const auto& part : parts) {
        item.text += text_field(part, "text");
        item.refusal += text_field(part, "refusal");
      }
    }
    return item;
  }

  void take_identity(const json& response) {
    if (!response.is_object()) return;
    completion_.served_model = text_field(response, "model");
    completion_.response_id = text_field(response, "id");
  }

  /// The last event repeats everything; what it says holds.
  void take_response(const json& response) {
    take_identity(response);
    const json& usage = field(response, "usage");
    if (usage.is_object()) {
      completion_.raw_usage = dump_text(usage);
      completion_.tokens = read_responses_usage(usage);
    }
    const json& output = field(response, "output");
    if (output.is_array() && !output.empty()) {
      items_.clear();
      for (const auto& value : output) {
        items_[static_cast<std::int64_t>(items_.size())] = read_item(value);
      }
    }
    if (!field(response, "error").is_null()) {
      fail_in_band(completion_, read_error(response, 200));
    }
    completion_.finish_reason = finish_of(response);
  }

  static std::string finish_of(const json& response) {
    const std::string status = text_field(response, "status");
    if (status == "completed") return "stop";
    if (status == "failed") return "error";
    const std::string why = text_field(field(response, "incomplete_details"), "reason");
    if (why == "max_output_tokens") return "length";
    return why;
  }

  void collect(const Item& item) {
    Message& message = completion_.message;
    if (item.type == "reasoning") message.reasoning += item.text;
    if (item.type == "message") message.content += item.text;
    if (item.type == "function_call") message.tool_calls.push_back(item.call);
    completion_.refusal += item.refusal;
  }

  Completion completion_;
  std::map<std::int64_t, Item> items_;  ///< by output index
  bool terminal_ = false;
};

}  // namespace

std::unique_ptr<ReplyDecoder> make_responses_decoder() {
  return std::make_unique<ResponsesDecoder>();
}

}  // namespace weir
