#include "harness/model/wire/usage.hpp"

#include "harness/model/wire/json_fields.hpp"

namespace weir {
namespace {

using nlohmann::json;
using Count = std::optional<std::int64_t>;

/// whole - part, where both are known and it makes sense.
Count rest(const Count& whole, const Count& part) {
  if (!whole || !part || *part > *whole) return {};
  return *whole - *part;
}

bool adds_up(const Count& whole, std::initializer_list<Count> parts) {
  std::int64_t sum = 0;
  bool all = true;
  for (const auto& part : parts) {
    sum += part.value_or(0);
    all = all && part.has_value();
  }
  if (!whole) return true;
  return all ? sum == *whole : sum <= *whole;
}

}  // namespace

Tokens read_chat_usage(const json& usage) {
  Tokens tokens;
  tokens.input_total = count_field(usage, "prompt_tokens");
  tokens.output_total = count_field(usage, "completion_tokens");
  tokens.input_hit = count_field(usage, "prompt_cache_hit_tokens");
  tokens.input_miss = count_field(usage, "prompt_cache_miss_tokens");
  if (!tokens.input_hit) {
    tokens.input_hit = count_field(field(usage, "prompt_tokens_details"), "cached_tokens");
  }
  if (!tokens.input_miss) tokens.input_miss = rest(tokens.input_total, tokens.input_hit);
  tokens.output_reasoning =
      count_field(field(usage, "completion_tokens_details"), "reasoning_tokens");
  tokens.output_text = rest(tokens.output_total, tokens.output_reasoning);
  return tokens;
}

Tokens read_messages_usage(const json& usage) {
  Tokens tokens;
  tokens.input_miss = count_field(usage, "input_tokens");
  tokens.input_hit = count_field(usage, "cache_read_input_tokens");
  tokens.cache_write = count_field(usage, "cache_creation_input_tokens");
  if (tokens.input_miss) {  // a host that names no cache buckets has none
    tokens.input_total =
        *tokens.input_miss + tokens.input_hit.value_or(0) + tokens.cache_write.value_or(0);
  }
  tokens.output_total = count_field(usage, "output_tokens");
  tokens.output_reasoning = count_field(field(usage, "output_tokens_details"), "thinking_tokens");
  tokens.output_text = rest(tokens.output_total, tokens.output_reasoning);
  return tokens;
}

Tokens read_responses_usage(const json& usage) {
  Tokens tokens;
  tokens.input_total = count_field(usage, "input_tokens");
  tokens.input_hit = count_field(field(usage, "input_tokens_details"), "cached_tokens");
  tokens.input_miss = rest(tokens.input_total, tokens.input_hit);
  tokens.output_total = count_field(usage, "output_tokens");
  tokens.output_reasoning = count_field(field(usage, "output_tokens_details"), "reasoning_tokens");
  tokens.output_text = rest(tokens.output_total, tokens.output_reasoning);
  return tokens;
}

bool consistent(const Tokens& tokens) {
  // Hosts without a cache-write bucket have nothing to say about it.
  const Count written = tokens.cache_write.value_or(0);
  return adds_up(tokens.input_total, {tokens.input_miss, tokens.input_hit, written}) &&
         adds_up(tokens.output_total, {tokens.output_text, tokens.output_reasoning});
}

}  // namespace weir
