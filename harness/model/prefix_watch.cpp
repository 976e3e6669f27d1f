#include "harness/model/prefix_watch.hpp"

namespace weir {
namespace {

/// Below this a cache owes nothing: units are 128 tokens (DeepSeek) to 1,024.
constexpr std::int64_t kLeastPrompt = 2048;

}  // namespace

PromptDigest PrefixWatch::digest(const ChatRequest& request) const {
  meter_.measure(request);
  PromptDigest digest;
  digest.prompt = meter_.digest(meter_.messages());
  if (messages_ > 0 && messages_ <= meter_.messages()) digest.prefix = meter_.digest(messages_);
  return digest;
}

std::vector<std::string> PrefixWatch::take(const ChatRequest& request, const PromptDigest& digest,
                                           const Tokens& tokens) {
  std::vector<std::string> notes;
  if (answered_ > 0 && digest.prefix != prompt_) notes.emplace_back("prefix_rewritten");
  // From the third request on, whatever was sent twice should be served.
  const bool owed = answered_ >= 2 && input_total_.value_or(0) >= kLeastPrompt;
  if (owed && tokens.input_hit && *tokens.input_hit < *input_total_ / 2) {
    notes.emplace_back("cache_dropped");
  }
  messages_ = request.messages.size();
  prompt_ = digest.prompt;
  input_total_ = tokens.input_total;
  ++answered_;
  return notes;
}

}  // namespace weir
