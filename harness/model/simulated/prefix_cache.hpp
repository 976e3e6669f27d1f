#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/model/chat.hpp"

namespace weir {

/// A provider's prompt cache for one model: it holds the prefixes that earlier
/// requests of the trial ended with, and hits in whole units of 128 tokens, as
/// recorded DeepSeek traffic does.
class PrefixCache {
 public:
  static constexpr std::int64_t kUnit = 128;

  /// Tokens of `request` found in the cache.
  [[nodiscard]] std::int64_t hit(const ChatRequest& request) const;
  /// Stores the request's end, and the answer's end.
  void store(const ChatRequest& request, const Message& answer);

 private:
  std::map<std::string, std::int64_t> ends_;  ///< digest of a prefix -> its tokens
};

}  // namespace weir
