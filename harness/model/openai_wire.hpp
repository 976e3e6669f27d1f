#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "harness/model/chat.hpp"
#include "harness/model/model.hpp"

namespace weir {

/// What differs between hosts of the chat completions API.
struct Dialect {
  std::string_view name;
  std::string_view reasoning_field;  ///< how a message's reasoning is sent back; "" = not at all
  std::string_view max_tokens_field;
  bool hit_and_miss;  ///< usage has prompt_cache_hit_tokens and prompt_cache_miss_tokens
  /// Sets thinking on the body, explicitly, as this host wants it.
  void (*set_thinking)(nlohmann::json& body, const std::string& thinking);
};

/// nullptr if there is no such dialect.
[[nodiscard]] const Dialect* find_dialect(std::string_view name);

/// The body of a chat completions request, keys in canonical order.
[[nodiscard]] nlohmann::json openai_body(const ChatRequest& request, const ModelSpec& spec,
                                         const Dialect& dialect);

/// Reads a whole reply: an answer, or an error classified by status and message
/// text (content types and codes are not to be trusted).
[[nodiscard]] Completion read_openai_reply(long status, std::string_view body);

/// The buckets of a `usage` object; what it does not say stays unknown.
[[nodiscard]] Tokens read_openai_usage(const nlohmann::json& usage);

}  // namespace weir
