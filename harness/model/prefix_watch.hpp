#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/model/chat.hpp"
#include "harness/model/prompt_meter.hpp"

namespace weir {

/// The digests of a request: of its whole prompt (tools, then every message, in
/// canonical JSON), and of the part an earlier request had already sent.
struct PromptDigest {
  std::string prompt;  ///< the call's request_sha256
  std::string prefix;  ///< "" for a first call
};

/// Watches one model's prompt over a trial: whether each request begins with
/// the one before, byte for byte, and whether the cache then serves it. One
/// thread.
class PrefixWatch {
 public:
  /// Digests a request that is about to be sent.
  [[nodiscard]] PromptDigest digest(const ChatRequest& request) const;
  /// Of the request digested last: estimated tokens, and bytes, which no tokenizer makes
  /// more tokens of.
  [[nodiscard]] std::int64_t tokens() const { return meter_.tokens(); }
  [[nodiscard]] std::int64_t bytes() const { return meter_.bytes(); }

  /// What is wrong with an answer's cache, as notes: prefix_rewritten,
  /// cache_dropped. Then remembers the request.
  [[nodiscard]] std::vector<std::string> take(const ChatRequest& request,
                                              const PromptDigest& digest, const Tokens& tokens);

 private:
  mutable PromptMeter meter_;
  std::size_t messages_ = 0;   ///< of the last request answered
  std::string prompt_;
  std::optional<std::int64_t> input_total_;
  int answered_ = 0;
};

}  // namespace weir
