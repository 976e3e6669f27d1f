#include "harness/model/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/regex.hpp>
#include <cctype>
#include <nlohmann/json.hpp>

#include "harness/model/wire/json_fields.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

bool mentions(std::string_view text, std::string_view words) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), words.begin(), words.end(), same) != text.end();
}

bool mentions_any(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view words) { return mentions(text, words); });
}

std::optional<std::int64_t> number(const boost::cmatch& match, int group) {
  std::string digits;
  for (const char c : match[group].str()) {
    if (c != ',' && c != '_') digits += c;
  }
  if (digits.empty() || digits.size() > 15) return {};
  return std::stoll(digits);
}

std::optional<std::int64_t> find_number(std::string_view text, const char* pattern) {
  const boost::regex regex(pattern, boost::regex::icase);
  boost::cmatch match;
  if (!boost::regex_search(text.data(), text.data() + text.size(), match, regex)) return {};
  return number(match, 1);
}

/// A refusal that does not depend on the status it comes with.
std::string_view class_by_text(const ErrorReport& report) {
  const std::string& message = report.message;
  if (mentions_any(report.code + report.type, {"context_length_exceeded", "exceed_context_size"})) {
    return "context_overflow";
  }
  if (read_context_overflow(message)) return "context_overflow";
  if (mentions(message, "reasoning_content") && mentions(message, "passed back")) {
    return "reasoning_passback";
  }
  if (mentions_any(message, {"content exists risk", "content risk", "content policy",
                             "content management policy", "usage policy", "moderation",
                             "was flagged"})) {
    return "content_filter";
  }
  return {};
}

bool names_a_missing_model(const ErrorReport& report) {
  if (report.type == "not_found_error" || mentions(report.code, "model_not_found")) return true;
  return mentions(report.message, "model") &&
         mentions_any(report.message, {"not exist", "not found", "does not exist", "unknown model",
                                       "no such model", "not supported"});
}

std::string_view class_of_client_error(const ErrorReport& report) {
  const std::string_view by_text = class_by_text(report);
  switch (report.status) {
    case 401: return "auth";
    case 403: return by_text == "content_filter" ? by_text : "auth";
    case 402: return "insufficient_balance";
    case 408: return "timeout";
    case 409: return "server";
    case 429:
      return mentions_any(report.code + report.type, {"insufficient_quota", "billing"})
                 ? "insufficient_balance"
                 : "rate_limit";
    default: break;
  }
  if (!by_text.empty()) return by_text;
  if (report.type == "billing_error") return "insufficient_balance";
  if (names_a_missing_model(report)) return "model_not_found";
  return "invalid_request";
}

/// What an in-band error would have been with a status of its own.
long implied_status(const ErrorReport& report) {
  const json code = json::parse(report.code, nullptr, false);
  if (code.is_number_integer() && code.get<std::int64_t>() >= 400 && code.get<std::int64_t>() < 600) {
    return code.get<long>();
  }
  const std::string said = report.type + " " + report.code;
  if (mentions(said, "authentication") || mentions(said, "permission")) return 401;
  if (mentions(said, "insufficient_quota") || mentions(said, "billing")) return 402;
  if (mentions(said, "rate_limit")) return 429;
  if (mentions(said, "overloaded")) return 529;
  if (mentions(said, "invalid_request") || mentions(said, "not_found")) return 400;
  return class_by_text(report).empty() ? 500 : 400;
}

}  // namespace

const std::vector<FailureClass>& failure_classes() {
  static const std::vector<FailureClass> table = {
      {"auth", false, true, "the key was refused"},
      {"insufficient_balance", false, true, "the account is empty"},
      {"invalid_request", false, false, "the service does not accept the request"},
      {"reasoning_passback", false, false, "earlier reasoning was missing from the request"},
      {"context_overflow", false, false, "prompt and max_tokens exceed the context window"},
      {"model_not_found", false, false, "no such model on this host"},
      {"content_filter", false, false, "the service blocked the content"},
      {"rate_limit", true, false, "too many requests or tokens"},
      {"server", true, false, "the service failed"},
      {"overloaded", true, false, "the service has no capacity"},
      {"insufficient_system_resource", true, false, "cut off by the service for lack of capacity"},
      {"in_band_error", true, false, "an error inside a reply of status 200"},
      {"stream_truncated", true, false, "the reply ended before its end"},
      {"empty_response", true, false, "a reply without text, reasoning or tool call"},
      {"malformed_response", true, false, "a reply that is not what the API sends"},
      {"timeout", true, false, "one of the four timers ran out"},
      {"network", true, false, "the connection failed"},
      {"tls", false, true, "the server's certificate is not trusted"},
      {"redirect", false, true, "the server answers from elsewhere; base_url is wrong"},
      {"cassette_miss", false, false, "the replayed run made no such call"},
      {"interrupted", true, false, "Weir was stopped while the call was under way"},
  };
  return table;
}

const FailureClass* find_failure_class(std::string_view name) {
  const auto& table = failure_classes();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const FailureClass& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

bool may_be_retried(std::string_view error_class) {
  const FailureClass* found = find_failure_class(error_class);
  return found != nullptr && found->retryable;
}

bool ends_the_run(std::string_view error_class) {
  const FailureClass* found = find_failure_class(error_class);
  return found != nullptr && found->ends_run;
}

ErrorReport read_error(const json& reply, long status) {
  ErrorReport report;
  report.status = status;
  const json& object = reply.is_array() && !reply.empty() ? reply.at(0) : reply;
  if (!object.is_object()) {
    report.message = object.is_string() ? object.get<std::string>() : dump_text(object);
    return report;
  }
  const auto inner = object.find("error");
  if (inner != object.end() && inner->is_string()) {
    report.message = inner->get<std::string>();
    return report;
  }
  const json& error = inner != object.end() && inner->is_object() ? *inner : object;
  report.message = text_field(error, "message");
  if (report.message.empty()) report.message = text_field(error, "detail");
  report.type = text_field(error, "type");
  const auto code = error.find("code");
  if (code != error.end() && !code->is_null()) report.code = dump_text(*code);
  if (report.message.empty()) report.message = dump_text(error);
  return report;
}

std::string_view classify_error(const ErrorReport& report) {
  if (report.status >= 300 && report.status < 400) return "redirect";
  if (report.status == 503 || report.status == 529 || report.type == "overloaded_error") {
    return "overloaded";
  }
  if (report.status >= 500) {  // some servers answer an overflow with 500
    return read_context_overflow(report.message) ? "context_overflow" : "server";
  }
  return class_of_client_error(report);
}

void fail_with_status(Completion& completion, long status, std::string_view body) {
  const json reply = parse_json(body);
  ErrorReport report;
  report.status = status;
  if (reply.is_discarded()) {
    report.message = to_utf8(body);
  } else {
    report = read_error(reply, status);
  }
  fail(completion, classify_error(report), report.message);
  completion.http_status = status;
  completion.error_code = report.code;
  completion.error_type = report.type;
  // Turned away: redirected, refused, or no capacity to begin.
  completion.refused = (status >= 300 && status < 500 && status != 408) || status == 503 || status == 529;
}

void fail_in_band(Completion& completion, const ErrorReport& report) {
  fail(completion, "in_band_error", report.message);
  completion.http_status = 200;
  completion.error_code = report.code;
  completion.error_type = report.type;
  ErrorReport implied = report;
  implied.status = implied_status(report);
  completion.implied_class = classify_error(implied);
  completion.retryable = may_be_retried(completion.implied_class);
}

void fail(Completion& completion, std::string_view error_class, std::string message) {
  completion.error_class = error_class;
  completion.error_message = std::move(message);
  completion.retryable = may_be_retried(error_class);
}

std::string describe_failure(const Completion& completion) {
  const std::string message = completion.error_message.empty() ? completion.error_class
                                                               : completion.error_message;
  if (completion.http_status == 0) return message;
  return fmt::format("HTTP {}: {}", completion.http_status, message);
}

std::optional<ContextOverflow> read_context_overflow(std::string_view message) {
  if (!mentions_any(message, {"maximum context length", "longer than the model's context",
                              "exceed_context_size", "exceeds the available context",
                              "context_length_exceeded", "prompt is too long",
                              "exceed context limit", "context window", "input is too long",
                              "model's context length is", "exceed the configured limit"})) {
    return {};
  }
  ContextOverflow found;
  for (const char* window : {R"(maximum context length (?:is|of) ([0-9,_]+))",
                             R"(context length (?:is only |of )?\(?([0-9,_]+))",
                             R"(configured limit of ([0-9,_]+))",
                             R"(> ([0-9,_]+)(?: maximum)?)", R"("?n_ctx"?\s*[:=]\s*([0-9,_]+))",
                             R"(context size \(([0-9,_]+))"}) {
    if (!found.window) found.window = find_number(message, window);
  }
  for (const char* prompt : {R"(([0-9,_]+) in the messages)", R"(request has ([0-9,_]+) input)",
                             R"(input \(([0-9,_]+) tokens\))", R"(too long: ([0-9,_]+))",
                             R"("?n_prompt_tokens"?\s*[:=]\s*([0-9,_]+))",
                             R"(limit: ([0-9,_]+) \+)", R"(request \(([0-9,_]+) tokens\))",
                             R"(prompt contains (?:at least )?([0-9,_]+))",
                             R"(passed ([0-9,_]+) input)", R"(resulted in ([0-9,_]+))",
                             R"(([0-9,_]+) tokens from the input)",
                             R"(\(([0-9,_]+) of text input)"}) {
    if (!found.prompt) found.prompt = find_number(message, prompt);
  }
  return found;
}

}  // namespace weir
