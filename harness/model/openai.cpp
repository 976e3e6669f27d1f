#include "harness/model/openai.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>

#include "harness/model/openai_wire.hpp"
#include "harness/model/transport.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/nearest.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

std::string key_from_file(const ModelSpec& spec) {
  struct stat info {};
  if (::stat(spec.api_key_file.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    throw UserError(fmt::format("[models.{}] api_key_file: {} can be read by others; chmod 600 it",
                                spec.name, spec.api_key_file));
  }
  return std::string(trimmed(read_file(spec.api_key_file)));
}

std::string key_from_command(const ModelSpec& spec) {
  const ProcessResult result = run_process({.argv = {"sh", "-c", spec.api_key_command}});
  if (!result.ok()) {
    throw UserError(fmt::format("[models.{}] api_key_command failed: {}", spec.name,
                                trimmed(result.err)));
  }
  return std::string(trimmed(result.out));
}

/// The key, from where the spec says; "" where it says nothing.
std::string api_key(const ModelSpec& spec) {
  if (!spec.api_key_file.empty()) return key_from_file(spec);
  if (!spec.api_key_command.empty()) return key_from_command(spec);
  if (spec.api_key_env.empty()) return {};
  const char* value = std::getenv(spec.api_key_env.c_str());
  if (value == nullptr || *value == '\0') {
    throw UserError(fmt::format("[models.{}] api_key_env: the environment variable {} is not set; "
                                "export {}=... and run again",
                                spec.name, spec.api_key_env, spec.api_key_env));
  }
  return value;
}

class OpenAiModel final : public Model {
 public:
  explicit OpenAiModel(const ModelSpec& spec)
      : spec_(spec), dialect_(*find_dialect(spec.dialect)), key_(api_key(spec)) {}

  Completion complete(const ChatRequest& request, const CallContext& context) override {
    HttpRequest http;
    http.url = spec_.base_url + "/chat/completions";
    http.headers = {"Content-Type: application/json", "Accept: application/json"};
    if (!key_.empty()) http.headers.push_back("Authorization: Bearer " + key_);
    http.body = openai_body(request, spec_, dialect_)
                    .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    http.stop = context.stop;
    const HttpReply reply = http_post(http);
    if (!reply.failure.empty()) return failed(reply);
    Completion completion = read_openai_reply(reply.status, reply.body);
    completion.latency = reply.latency;
    completion.retry_after = reply.retry_after;
    return completion;
  }

 private:
  static Completion failed(const HttpReply& reply) {
    Completion completion;
    completion.error_class = reply.failure == "cancelled" ? "interrupted" : reply.failure;
    completion.error_message = reply.message;
    completion.retryable = reply.failure != "cancelled";
    completion.refused = !reply.sent;
    completion.latency = reply.latency;
    return completion;
  }

  ModelSpec spec_;
  const Dialect& dialect_;
  std::string key_;
};

}  // namespace

std::unique_ptr<Model> make_openai_model(const ModelSpec& spec) {
  return std::make_unique<OpenAiModel>(spec);
}

void check_openai_model(const ModelSpec& spec) {
  if (find_dialect(spec.dialect) == nullptr) {
    throw UserError(fmt::format(
        "[models.{}] dialect: unknown dialect \"{}\"{}", spec.name, spec.dialect,
        did_you_mean(spec.dialect, {"deepseek", "openai", "vllm", "sglang", "generic"})));
  }
  if (spec.base_url.rfind("http", 0) != 0) {
    throw UserError(fmt::format("[models.{}] base_url: must begin with http:// or https://",
                                spec.name));
  }
  if (spec.model.empty()) {
    throw UserError(fmt::format("[models.{}] model: is missing", spec.name));
  }
  (void)api_key(spec);
}

}  // namespace weir
