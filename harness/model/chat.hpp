#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/surprise.hpp"
#include "results/record.hpp"

namespace weir {

enum class Role { system, user, assistant, tool };

/// A function the model asked to have called. `arguments` is the raw text as
/// the model wrote it, valid JSON or not.
struct ToolCall {
  std::string id;
  std::string name;
  std::string arguments;

  bool operator==(const ToolCall&) const = default;
};

/// One message of a conversation, in the shape of OpenAI chat completions.
/// `reasoning` is kept byte-exact and passed back.
struct Message {
  Role role = Role::user;
  std::string content;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;
  std::string tool_call_id;  ///< role tool: which call this answers
  /// Anthropic messages only: the content blocks as they came, with the
  /// signatures of their thinking; passed back to that API untouched.
  nlohmann::json signed_blocks = nullptr;

  bool operator==(const Message&) const = default;
};

/// A message as JSON and back. content is "" where there is none, never null.
[[nodiscard]] nlohmann::json to_json(const Message& message);
[[nodiscard]] Message message_from_json(const nlohmann::json& value);

struct ChatRequest {
  std::vector<Message> messages;
  nlohmann::json tools;  ///< list of function schemas
  std::optional<int> max_tokens = {};  ///< in place of the model's own, after an overflow
  std::string purpose = {};  ///< what else than the turn's answer it asks for: a note of its call
};

/// How a call ended, as a value. `error_class` is "" for an answer; otherwise a
/// class of failure.hpp. What came before an error is kept, and is void.
struct Completion {
  Message message;
  std::string refusal;
  /// stop | length | tool_calls | content_filter | insufficient_system_resource
  /// | pause | error, in whatever dialect it came; "" if the reply did not say.
  std::string finish_reason;
  std::string served_model;
  std::string fingerprint;
  std::string response_id;
  Tokens tokens;
  std::string raw_usage;
  std::optional<Surprise> surprise;  ///< where the service gave log probabilities

  std::string error_class;
  std::string error_message;  ///< the service's own words
  std::string error_code;     ///< as JSON text: "\"x\"", "400"; "" if absent
  std::string error_type;
  std::string implied_class;  ///< of an in-band error: what its status would have said
  long http_status = 0;       ///< 0: no reply came
  bool refused = false;       ///< turned away before any token was processed: costs nothing
  bool retryable = false;
  milliseconds retry_after{0};

  int keepalive_comments = 0;
  std::optional<bool> stream_complete;  ///< the terminal event came; unknown for whole bodies
  std::vector<std::string> notes;       ///< what a reader should know of this call

  milliseconds latency{0};
  std::optional<milliseconds> ttft;      ///< to the first payload
  std::optional<milliseconds> clock_skew;  ///< the server's Date minus ours

  // Replayed calls: where and when the call was really made.
  std::string recorded_host;
  std::string recorded_model;  ///< the id that was requested
  std::optional<TimePoint> recorded_at;
  std::optional<Picodollars> recorded_cost;  ///< what it cost then: routes by money go the same way
  std::optional<StopReason> recorded_end;  ///< the recorded trial ended here, for this reason

  [[nodiscard]] bool ok() const { return error_class.empty(); }
};

/// What of a completion is stored for replay, and back.
[[nodiscard]] std::string completion_to_text(const Completion& completion);
void completion_from_text(std::string_view text, Completion& completion);

/// Its answer was never taken down: a crash or a stop came first.
[[nodiscard]] bool was_cut_off(const Call& call);

/// The completion a settled call records, as if it had just been given.
[[nodiscard]] Completion completion_of(const Call& call);

}  // namespace weir
