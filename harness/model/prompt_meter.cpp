#include "harness/model/prompt_meter.hpp"

#include <algorithm>

#include "harness/model/token_estimate.hpp"
#include "harness/model/wire/json_fields.hpp"
#include "tasks/digest.hpp"

namespace weir {
namespace {

constexpr std::int64_t kFraming = 64;  // bytes; more than any API puts around a message

std::int64_t bytes_of(const Message& message) {
  auto bytes = static_cast<std::int64_t>(message.content.size() + message.reasoning.size());
  for (const auto& call : message.tool_calls) {
    bytes += static_cast<std::int64_t>(call.name.size() + call.arguments.size()) + kFraming;
  }
  return bytes + kFraming;
}

}  // namespace

void PromptMeter::measure(const ChatRequest& request) {
  if (!begun_ || tools_ != request.tools) {
    const std::string text = dump_text(request.tools);
    tools_ = request.tools;
    steps_ = {{{},
               sha256(text),
               request.tools.is_null() ? 0 : estimate_tokens(text),
               static_cast<std::int64_t>(text.size())}};
    begun_ = true;
  }
  std::size_t same = 0;
  const std::size_t most = std::min(steps_.size() - 1, request.messages.size());
  while (same < most && steps_[same + 1].message == request.messages[same]) ++same;
  steps_.resize(same + 1);
  for (std::size_t i = same; i < request.messages.size(); ++i) {
    const Message& message = request.messages[i];
    const Step& before = steps_.back();
    steps_.push_back({message, sha256(before.digest + dump_text(to_json(message))),
                      before.tokens + estimate_tokens(message), before.bytes + bytes_of(message)});
  }
}

const std::string& PromptMeter::digest(std::size_t messages) const {
  return steps_[std::min(messages, steps_.size() - 1)].digest;
}

}  // namespace weir
