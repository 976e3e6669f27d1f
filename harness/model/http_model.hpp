#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/model/model.hpp"
#include "harness/model/wire/reply_decoder.hpp"

namespace weir {

/// What an API over HTTP is: where it lies, how a key is shown, how requests
/// and replies are written.
struct HttpApi {
  std::string url;
  std::string (*key_header)(const std::string& key);
  std::vector<std::string> headers;
  nlohmann::json (*body)(const ChatRequest& request, const ModelSpec& spec);
  std::unique_ptr<ReplyDecoder> (*decoder)();
};

/// A model behind `api`. Reads the key at once; throws UserError without one.
[[nodiscard]] std::unique_ptr<Model> make_http_model(const ModelSpec& spec, HttpApi api);

/// Throws UserError unless base_url, model, dialect and key can be used.
void check_http_model(const ModelSpec& spec);

// The providers built on it.
[[nodiscard]] std::unique_ptr<Model> make_openai_model(const ModelSpec& spec);
[[nodiscard]] std::unique_ptr<Model> make_anthropic_model(const ModelSpec& spec);

}  // namespace weir
