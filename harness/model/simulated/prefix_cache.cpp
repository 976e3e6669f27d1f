#include "harness/model/simulated/prefix_cache.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/model/token_estimate.hpp"
#include "tasks/digest.hpp"

namespace weir {
namespace {

/// Digest and size of the prefix that ends after each message.
struct Prefix {
  std::string digest;
  std::int64_t tokens;

  explicit Prefix(const ChatRequest& request)
      : digest(sha256(request.tools.dump())),
        tokens(request.tools.is_null() ? 0 : estimate_tokens(request.tools.dump())) {}

  void extend(const Message& message) {
    digest = sha256(digest + to_json(message).dump());
    tokens += estimate_tokens(message);
  }
};

}  // namespace

std::int64_t PrefixCache::hit(const ChatRequest& request) const {
  Prefix prefix(request);
  std::int64_t best = 0;
  for (const auto& message : request.messages) {
    prefix.extend(message);
    const auto found = ends_.find(prefix.digest);
    if (found != ends_.end()) best = std::max(best, found->second);
  }
  return best / kUnit * kUnit;
}

void PrefixCache::store(const ChatRequest& request, const Message& answer) {
  Prefix prefix(request);
  for (const auto& message : request.messages) prefix.extend(message);
  ends_[prefix.digest] = prefix.tokens;
  prefix.extend(answer);
  ends_[prefix.digest] = prefix.tokens;
}

}  // namespace weir
