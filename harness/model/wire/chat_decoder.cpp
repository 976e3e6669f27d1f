// Replies of OpenAI chat completions, in the dialects of every host seen.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/model/failure.hpp"
#include "harness/model/wire/delta_template.hpp"
#include "harness/model/wire/json_fields.hpp"
#include "harness/model/wire/reply_decoder.hpp"
#include "harness/model/wire/usage.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string normal_finish(const std::string& reason) {
  if (reason == "function_call") return "tool_calls";
  if (reason == "eos" || reason == "end_turn" || reason == "stop_sequence") return "stop";
  if (reason == "max_tokens" || reason == "max_output_tokens") return "length";
  return reason;
}

/// Some hosts send a list of parts in place of a text.
std::string content_of(const json& message) {
  const json& content = field(message, "content");
  if (!content.is_array()) return text_field(message, "content");
  std::string text;
  for (const auto& part : content) text += text_field(part, "text");
  return text;
}

std::string arguments_of(const json& function) {
  const json& arguments = field(function, "arguments");
  if (arguments.is_null()) return {};
  return arguments.is_string() ? arguments.get<std::string>() : dump_text(arguments);
}

class ChatDecoder final : public ReplyDecoder {
 public:
  bool take(const SseEvent& event) override {
    if (event.data == "[DONE]") {
      terminal_ = true;
      return true;
    }
    if (!completion_.ok()) return false;  // after an error nothing counts
    if (const auto text = template_.match(event.data)) {
      *grown_ += *text;
      return !text->empty();
    }
    const json chunk = parse_json(event.data);
    if (!chunk.is_object()) {
      fail(completion_, "malformed_response", "an event of the stream is not a JSON object");
      return true;
    }
    const bool payload = take_reply(chunk, "delta");
    learn(event.data, chunk);
    return payload;
  }

  void take_body(const json& body) override {
    take_reply(body, "message");
    const json& choices = field(body, "choices");
    if (completion_.ok() && (!choices.is_array() || choices.empty())) {
      fail(completion_, "malformed_response", "the reply has no choices");
    }
  }

  bool ended() const override { return terminal_ || !completion_.ok(); }

  Completion finish(bool streamed) override {
    completion_.message.role = Role::assistant;
    for (auto& slot : slots_) completion_.message.tool_calls.push_back(std::move(slot.call));
    if (streamed && completion_.finish_reason.empty()) {
      // Some hosts count along; a stream cut short was not counted to its end.
      completion_.tokens.output_total.reset();
      completion_.tokens.output_text.reset();
      completion_.tokens.output_reasoning.reset();
    }
    completion_.surprise = surprise_of(logprobs_);
    conclude(completion_, streamed, terminal_);
    return std::move(completion_);
  }

 private:
  struct Slot {
    std::int64_t index;
    ToolCall call;
  };

  /// A chunk, or a whole reply: the same fields but for one name.
  bool take_reply(const json& reply, const char* part) {
    take_identity(reply);
    bool payload = take_usage(field(reply, "usage"));
    const json& choices = field(reply, "choices");
    if (choices.is_array() && !choices.empty() && choices.at(0).is_object()) {
      payload = take_choice(choices.at(0), part) || payload;
    }
    if (!field(reply, "error").is_null()) {
      fail_in_band(completion_, read_error(reply, 200));
      payload = true;
    }
    return payload;
  }

  /// An event that did nothing but add to one text is a template for others.
  void learn(std::string_view event, const json& chunk) {
    template_.forget();
    const json& choices = field(chunk, "choices");
    const bool plain = completion_.ok() && choices.is_array() && choices.size() == 1 &&
                       field(chunk, "usage").is_null() &&
                       field(choices.at(0), "finish_reason").is_null() &&
                       field(choices.at(0), "logprobs").is_null() &&
                       field(field(choices.at(0), "delta"), "tool_calls").is_null();
    if (!plain) return;
    const json& delta = field(choices.at(0), "delta");
    const char* grown = nullptr;
    for (const char* key : {"content", "reasoning_content", "reasoning", "refusal"}) {
      if (!field(delta, key).is_string() || text_field(delta, key).empty()) continue;
      if (grown != nullptr) return;
      grown = key;
    }
    if (grown == nullptr) return;
    const std::string_view key = grown;
    grown_ = key == "content"   ? &completion_.message.content
             : key == "refusal" ? &completion_.refusal
                                : &completion_.message.reasoning;
    template_.learn(event, key, text_field(delta, grown));
  }

  void take_identity(const json& reply) {
    if (completion_.served_model.empty()) completion_.served_model = text_field(reply, "model");
    if (completion_.fingerprint.empty()) {
      completion_.fingerprint = text_field(reply, "system_fingerprint");
    }
    if (completion_.response_id.empty()) completion_.response_id = text_field(reply, "id");
  }

  bool take_usage(const json& usage) {
    if (!usage.is_object()) return false;
    completion_.raw_usage = dump_text(usage);
    completion_.tokens = read_chat_usage(usage);
    return true;
  }

  bool take_choice(const json& choice, const char* part) {
    bool payload = false;
    if (const auto reason = text_field(choice, "finish_reason"); !reason.empty()) {
      completion_.finish_reason = normal_finish(reason);
      payload = true;
    }
    take_logprobs(field(choice, "logprobs"));
    const json& message = field(choice, part);
    Message& into = completion_.message;
    payload = append(into.content, content_of(message)) || payload;
    std::string reasoning = text_field(message, "reasoning_content");
    if (reasoning.empty()) reasoning = text_field(message, "reasoning");
    payload = append(into.reasoning, reasoning) || payload;
    payload = append(completion_.refusal, text_field(message, "refusal")) || payload;
    const json& calls = field(message, "tool_calls");
    if (!calls.is_array()) return payload;
    for (const auto& call : calls) payload = take_tool_call(call) || payload;
    return payload;
  }

  /// One entry per token; DeepSeek gives those of the reasoning beside the text's.
  void take_logprobs(const json& logprobs) {
    for (const char* part : {"content", "reasoning_content"}) {
      const json& tokens = field(logprobs, part);
      if (!tokens.is_array()) continue;
      for (const auto& token : tokens) {
        const json& logprob = field(token, "logprob");
        if (logprob.is_number()) logprobs_.push_back(logprob.get<double>());
      }
    }
  }

  static bool append(std::string& text, const std::string& more) {
    text += more;
    return !more.empty();
  }

  /// The first fragment of an index has id and name, later ones arguments only.
  bool take_tool_call(const json& fragment) {
    if (!fragment.is_object()) return false;
    const json& function = field(fragment, "function");
    ToolCall& call = slot_for(fragment);
    if (call.id.empty()) call.id = text_field(fragment, "id");
    if (call.name.empty()) call.name = text_field(function, "name");
    call.arguments += arguments_of(function);
    return true;
  }

  /// By index where there is one; else by id; else the call begun last. One
  /// index with a new id is a new call: some hosts send 0 for all.
  ToolCall& slot_for(const json& fragment) {
    const std::string id = text_field(fragment, "id");
    const auto index = count_field(fragment, "index");
    const auto fits = [&](const Slot& slot) {
      if (!id.empty() && !slot.call.id.empty() && slot.call.id != id) return false;
      return index ? slot.index == *index : true;
    };
    for (auto slot = slots_.rbegin(); slot != slots_.rend(); ++slot) {
      if (fits(*slot)) return slot->call;
    }
    const std::int64_t place = index.value_or(slots_.empty() ? 0 : slots_.back().index + 1);
    const auto after = std::find_if(slots_.begin(), slots_.end(),
                                    [&](const Slot& slot) { return slot.index > place; });
    return slots_.insert(after, {place, {}})->call;
  }

  Completion completion_;
  std::vector<Slot> slots_;  ///< by index
  std::vector<double> logprobs_;
  DeltaTemplate template_;
  std::string* grown_ = nullptr;  ///< what an event of the template adds to
  bool terminal_ = false;
};

bool holds_nothing(const Completion& completion) {
  return completion.message.content.empty() && completion.message.reasoning.empty() &&
         completion.message.tool_calls.empty() && completion.refusal.empty();
}

}  // namespace

std::unique_ptr<ReplyDecoder> make_chat_decoder() { return std::make_unique<ChatDecoder>(); }

void conclude(Completion& completion, bool streamed, bool terminal) {
  if (streamed) completion.stream_complete = terminal;
  if (!completion.ok()) return;
  const std::string& finish = completion.finish_reason;
  const bool ended = !finish.empty() && (terminal || !completion.raw_usage.empty());
  if (streamed && !ended) {
    fail(completion, "stream_truncated", "the stream ended before its end");
  } else if (finish == "error") {
    fail_in_band(completion, {200, "the reply ended with an error", "", ""});
  } else if (finish == "insufficient_system_resource") {
    completion.retryable = true;  // not an error of the reply; the ledger asks again
  } else if (holds_nothing(completion) && finish != "length" && finish != "content_filter" &&
             finish != "pause") {
    fail(completion, "empty_response", "the reply holds no text, no reasoning and no tool call");
  }
}

}  // namespace weir
