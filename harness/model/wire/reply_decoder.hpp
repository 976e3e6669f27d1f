#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "harness/model/chat.hpp"
#include "harness/model/wire/sse.hpp"

namespace weir {

/// Understands the replies of one API: the events of a stream, or a whole body.
/// Pure; one per exchange; one thread. Never throws for what a service sends.
class ReplyDecoder {
 public:
  virtual ~ReplyDecoder() = default;

  /// Takes one event. True if it carried payload (text, reasoning, a tool call,
  /// usage, an end, an error): pings and empty deltas do not keep a call alive.
  virtual bool take(const SseEvent& event) = 0;
  /// Takes the whole body of a reply of status 200.
  virtual void take_body(const nlohmann::json& body) = 0;
  /// The last event of a stream came, or an error; what follows means nothing.
  [[nodiscard]] virtual bool ended() const = 0;
  /// What came. `streamed`: by events; a stream that ends too early is an error.
  [[nodiscard]] virtual Completion finish(bool streamed) = 0;
};

[[nodiscard]] std::unique_ptr<ReplyDecoder> make_chat_decoder();       ///< OpenAI chat completions
[[nodiscard]] std::unique_ptr<ReplyDecoder> make_messages_decoder();   ///< Anthropic messages
[[nodiscard]] std::unique_ptr<ReplyDecoder> make_responses_decoder();  ///< OpenAI responses

/// Gives a decoded completion the error its shape amounts to, if any, in this
/// order: the error already found, a stream cut short, nothing at all.
/// `terminal`: the stream's last event came.
void conclude(Completion& completion, bool streamed, bool terminal);

}  // namespace weir
