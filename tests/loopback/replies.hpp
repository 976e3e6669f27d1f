#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace weir::loopback {

/// An answer as a service would give it.
struct Reply {
  std::string model = "deepseek-v4-pro";
  std::string fingerprint = "fp";
  std::string text;
  std::string reasoning = "I think.";
  std::string command;  ///< a call of the tool bash, or ""
  std::int64_t hit = 896;
  std::int64_t miss = 104;
  std::int64_t output = 50;
  std::int64_t thought = 20;
};

/// A whole body of chat completions, and of Anthropic messages.
[[nodiscard]] std::string chat_json(const Reply& reply);
[[nodiscard]] std::string messages_json(const Reply& reply);

/// The same as the events of a stream, the terminal one last. Concatenated they
/// are the stream.
[[nodiscard]] std::vector<std::string> chat_events(const Reply& reply);
[[nodiscard]] std::vector<std::string> messages_events(const Reply& reply);

}  // namespace weir::loopback
