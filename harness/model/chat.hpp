#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.hpp"

namespace weir {

enum class Role { system, user, assistant, tool };

/// A function the model asked to have called. `arguments` is the raw text as
/// the model wrote it, valid JSON or not.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;
};

/// One message of a conversation, in the shape of OpenAI chat completions.
/// `reasoning` is kept byte-exact and passed back.
struct Message {
  Role role = Role::user;
  std::string content;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;
  std::string tool_call_id;  ///< role tool: which call this answers
};

/// A message as JSON and back. content is "" where there is none, never null.
[[nodiscard]] nlohmann::json to_json(const Message& message);
[[nodiscard]] Message message_from_json(const nlohmann::json& value);

struct ChatRequest {
  std::vector<Message> messages;
  nlohmann::json tools;  ///< list of function schemas
};

/// How a call ended, as a value. `error_class` is "" for an answer; otherwise
/// one of: auth, balance, rate_limit, server_error, overloaded, timeout,
/// network, bad_request, context_overflow, malformed_response, content_filter,
/// empty_response, interrupted.
struct Completion {
  Message message;
  std::string finish_reason;
  std::string served_model;
  std::string fingerprint;
  std::string response_id;
  Tokens tokens;
  std::string raw_usage;
  std::string error_class;
  std::string error_message;
  bool refused = false;    ///< turned away before any token was processed: costs nothing
  bool retryable = false;
  milliseconds retry_after{0};
  milliseconds latency{0};
  std::optional<milliseconds> ttft;

  [[nodiscard]] bool ok() const { return error_class.empty(); }
};

/// Whether asking again may help after an error of this class.
[[nodiscard]] bool may_be_retried(std::string_view error_class);

/// What of a completion is stored for replay, and back.
[[nodiscard]] std::string completion_to_text(const Completion& completion);
void completion_from_text(std::string_view text, Completion& completion);

}  // namespace weir
