#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/chat.hpp"

namespace weir {

// The taxonomy of failed calls: one table, one meaning for each name. Classes
// come from the status and the message's text; codes and content types are not
// to be trusted (a wrong key is `invalid_request_error` on some hosts).

/// A class of failed calls.
struct FailureClass {
  std::string_view name;
  bool retryable;      ///< the same request may be sent again, unchanged
  bool ends_run;       ///< no call of the run can succeed until it is mended
  std::string_view meaning;
};

[[nodiscard]] const std::vector<FailureClass>& failure_classes();
[[nodiscard]] const FailureClass* find_failure_class(std::string_view name);

/// Whether asking again may help after a failure of this class.
[[nodiscard]] bool may_be_retried(std::string_view error_class);
[[nodiscard]] bool ends_the_run(std::string_view error_class);

/// What a service said about a failure.
struct ErrorReport {
  long status = 0;
  std::string message;
  std::string type;
  std::string code;  ///< as JSON text; "" if absent
};

/// Reads the error object of a reply, in any of its shapes: {"error":{...}},
/// {"error":"text"}, the fields at the top level, {"detail":...}, a list.
[[nodiscard]] ErrorReport read_error(const nlohmann::json& reply, long status);

/// The class of a reply with a status of 400 or more.
[[nodiscard]] std::string_view classify_error(const ErrorReport& report);

/// Fills a completion from a reply with a status other than 200.
void fail_with_status(Completion& completion, long status, std::string_view body);

/// Fills a completion from an error that came inside a reply of status 200.
void fail_in_band(Completion& completion, const ErrorReport& report);

/// Fails a completion with a class of the table. Keeps what it holds.
void fail(Completion& completion, std::string_view error_class, std::string message);

/// "HTTP 429: slow down", for people.
[[nodiscard]] std::string describe_failure(const Completion& completion);

/// The numbers of a context overflow: the window and the prompt, in tokens, as
/// far as the message says them.
struct ContextOverflow {
  std::optional<std::int64_t> window;
  std::optional<std::int64_t> prompt;
};
/// nullopt if the text does not speak of one.
[[nodiscard]] std::optional<ContextOverflow> read_context_overflow(std::string_view message);

}  // namespace weir
