#include "harness/model/http_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/model/answer_notes.hpp"
#include "harness/model/failure.hpp"
#include "harness/model/secret.hpp"
#include "harness/model/transport.hpp"
#include "harness/model/wire/chat_request.hpp"
#include "harness/model/wire/json_fields.hpp"
#include "harness/model/wire/messages_request.hpp"
#include "harness/model/wire/reply_reader.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

constexpr std::size_t kLongestMessage = 4000;  // bytes

class HttpModel final : public Model {
 public:
  HttpModel(const ModelSpec& spec, HttpApi api)
      : spec_(spec), api_(std::move(api)), key_(Secret::once(spec)) {}

  Completion complete(const ChatRequest& request, const CallContext& context) override {
    ReplyReader reader(api_.decoder(), spec_.stream);
    HttpRequest http;
    http.url = api_.url;
    http.headers = {"Content-Type: application/json",
                    spec_.stream ? "Accept: text/event-stream" : "Accept: application/json"};
    http.headers.insert(http.headers.end(), api_.headers.begin(), api_.headers.end());
    if (!key_.empty()) http.headers.push_back(api_.key_header(key_.header_value()));
    const nlohmann::json body = api_.body(request, spec_);
    http.body = dump_text(body);
    http.timers = spec_.timers;
    http.ca_file = spec_.ca_file;
    http.stop = context.stop;
    http.on_body = [&](long status, std::string_view bytes) { return reader.push(status, bytes); };
    const HttpReply reply = http_post(http);
    Completion completion = read(reader, reply);
    completion.error_message = shortened(key_.redact(std::move(completion.error_message)));
    note_answer(completion);
    const bool off = text_field(field(body, "thinking"), "type") == "disabled";
    if (off && spec_.thinking != "off") completion.notes.emplace_back("thinking_off");
    return completion;
  }

  std::unique_ptr<Model> clone() const override { return std::make_unique<HttpModel>(*this); }

 private:
  /// Error pages are cut only once the key is out of them.
  static std::string shortened(std::string text) {
    if (text.size() > kLongestMessage) text = to_utf8(text.substr(0, kLongestMessage));
    return text;
  }

  static Completion read(ReplyReader& reader, const HttpReply& reply) {
    Completion completion;
    if (reply.status != 0) completion = reader.finish(reply.status);
    if (!reply.failure.empty()) add_failure(completion, reply);
    if (reply.status >= 300 && reply.status < 400) {
      fail(completion, "redirect", fmt::format("the server redirects to {}; set base_url to where "
                                               "the API lies",
                                               reply.location));
    }
    completion.latency = reply.latency;
    completion.ttft = reply.first_payload;
    completion.retry_after = reply.retry_after;
    completion.clock_skew = reply.clock_skew;
    return completion;
  }

  /// A connection that failed after a whole answer had come took nothing away.
  static void add_failure(Completion& completion, const HttpReply& reply) {
    const bool said = completion.error_class == "in_band_error" ||
                      (reply.status != 0 && reply.status != 200);
    if (reply.failure != "cancelled" && (said || (reply.status == 200 && completion.ok()))) {
      completion.notes.push_back("connection failed after the end: " + to_utf8(reply.message));
      return;  // what the service said of itself holds
    }
    const bool cut = reply.status == 200 && reply.failure == "network";
    const std::string error_class = reply.failure == "cancelled" ? "interrupted"
                                    : cut                        ? "stream_truncated"
                                                                 : reply.failure;
    fail(completion, error_class, to_utf8(reply.message));
    completion.refused = !reply.sent;
  }

  ModelSpec spec_;
  HttpApi api_;
  Secret key_;
};

nlohmann::json write_chat(const ChatRequest& request, const ModelSpec& spec) {
  return chat_body(request, spec, *find_dialect(spec.dialect));
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

[[noreturn]] void refuse(const ModelSpec& spec, const char* key, const std::string& why) {
  throw UserError(fmt::format("[models.{}] {}: {}", spec.name, key, why));
}

}  // namespace

std::unique_ptr<Model> make_http_model(const ModelSpec& spec, HttpApi api) {
  return std::make_unique<HttpModel>(spec, std::move(api));
}

void check_http_model(const ModelSpec& spec) {
  const std::string& url = spec.base_url;
  std::vector<std::string> dialects = dialect_names();
  if (spec.provider == "anthropic") dialects = {"anthropic", "deepseek", "generic"};
  if (std::find(dialects.begin(), dialects.end(), spec.dialect) == dialects.end()) {
    refuse(spec, "dialect", fmt::format("unknown dialect \"{}\" for provider {}{}", spec.dialect,
                                        spec.provider, did_you_mean(spec.dialect, dialects)));
  }
  if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0) {
    refuse(spec, "base_url", "must begin with http:// or https://");
  }
  if (spec.host().find('@') != std::string::npos || url.find_first_of("?# \"<>\\") != std::string::npos) {
    refuse(spec, "base_url", "must be a plain address; keys belong in api_key_env, api_key_file or "
                             "api_key_command");
  }
  if (spec.model.empty()) refuse(spec, "model", "is missing");
  (void)Secret::once(spec);
}

std::unique_ptr<Model> make_openai_model(const ModelSpec& spec) {
  return make_http_model(
      spec, {spec.base_url + "/chat/completions",
             [](const std::string& key) { return "Authorization: Bearer " + key; },
             {},
             write_chat,
             make_chat_decoder});
}

std::unique_ptr<Model> make_anthropic_model(const ModelSpec& spec) {
  const bool versioned = ends_with(spec.base_url, "/v1");
  return make_http_model(spec, {spec.base_url + (versioned ? "/messages" : "/v1/messages"),
                                [](const std::string& key) { return "x-api-key: " + key; },
                                {"anthropic-version: 2023-06-01"},
                                messages_body,
                                make_messages_decoder});
}

}  // namespace weir
