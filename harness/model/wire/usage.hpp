#pragma once

#include <nlohmann/json_fwd.hpp>

#include "results/record.hpp"

namespace weir {

// A service's `usage` object as Weir's disjoint buckets. What it does not say
// stays unknown; what contradicts itself is kept as sent, and buckets that would
// have to be derived from it stay unknown.

/// OpenAI chat completions and every host like it: prompt_tokens includes hits.
[[nodiscard]] Tokens read_chat_usage(const nlohmann::json& usage);

/// Anthropic messages: input_tokens excludes cache reads and writes.
[[nodiscard]] Tokens read_messages_usage(const nlohmann::json& usage);

/// OpenAI responses: input_tokens includes hits.
[[nodiscard]] Tokens read_responses_usage(const nlohmann::json& usage);

/// Whether what is known of the buckets adds up.
[[nodiscard]] bool consistent(const Tokens& tokens);

}  // namespace weir
