#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/model/chat.hpp"
#include "harness/model/model_spec.hpp"

namespace weir {

/// The body of an Anthropic messages request: system apart, answers of tools
/// gathered into user messages, thinking blocks passed back with their
/// signatures. Where the host bills cache writes (any but DeepSeek's, which
/// ignores the marks) the tools and the end of the history are marked for the
/// cache; marks move, what they mark does not. Thinking goes by the dialect:
/// anthropic (adaptive, with an effort: current models), deepseek, generic
/// (a budget of tokens: older ones).
[[nodiscard]] nlohmann::json messages_body(const ChatRequest& request, const ModelSpec& spec);

}  // namespace weir
