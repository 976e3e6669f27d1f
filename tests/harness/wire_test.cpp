// Recorded replies of real services, and small ones of our own, whole and one
// byte at a time. WEIR_WIRE_FIXTURES names a further folder of the same schema.

#include "harness/model/wire/reply_reader.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/model/failure.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::unique_ptr<ReplyDecoder> decoder_for(const std::string& dialect) {
  if (dialect == "openai_chat") return make_chat_decoder();
  if (dialect == "anthropic_messages") return make_messages_decoder();
  if (dialect == "openai_responses") return make_responses_decoder();
  return nullptr;
}

Completion read(const json& fixture, const std::string& body, bool by_bytes) {
  ReplyReader reader(decoder_for(fixture.at("dialect")), fixture.at("stream").get<bool>());
  const long status = fixture.at("response").at("status").get<long>();
  if (by_bytes) {
    for (const char byte : body) reader.push(status, {&byte, 1});
  } else {
    reader.push(status, body);
  }
  return reader.finish(status);
}

json known(const std::optional<std::int64_t>& count) { return count ? json(*count) : json(); }
json text_or_null(const std::string& text) { return text.empty() ? json() : json(text); }

json usage_of(const Tokens& tokens) {
  std::optional<std::int64_t> miss = tokens.input_miss;
  if (miss && tokens.cache_write) *miss += *tokens.cache_write;  // the fixtures count writes as misses
  return {{"input_total", known(tokens.input_total)}, {"cache_hit", known(tokens.input_hit)},
          {"cache_miss", known(miss)},                {"cache_write", known(tokens.cache_write)},
          {"output", known(tokens.output_total)},     {"reasoning", known(tokens.output_reasoning)}};
}

json calls_of(const Message& message) {
  json calls = json::array();
  for (const auto& call : message.tool_calls) {
    calls.push_back({{"id", call.id},
                     {"name", call.name},
                     {"arguments", call.arguments},
                     {"arguments_valid_json", json::accept(call.arguments)}});
  }
  return calls;
}

json error_of(const Completion& completion) {
  if (completion.ok()) return {};
  const json code = completion.error_code.empty() ? json() : json::parse(completion.error_code);
  return {{"error_class", completion.error_class},
          {"http_status", completion.http_status},
          {"code", code},
          {"type", text_or_null(completion.error_type)},
          {"message", completion.error_message}};
}

json normalised(const Completion& completion) {
  json out = {{"model", text_or_null(completion.served_model)},
              {"text", completion.message.content},
              {"reasoning", completion.message.reasoning},
              {"refusal", text_or_null(completion.refusal)},
              {"tool_calls", calls_of(completion.message)},
              {"finish_reason", text_or_null(completion.finish_reason)},
              {"usage", usage_of(completion.tokens)},
              {"keepalive_comments", completion.keepalive_comments},
              {"stream_complete", completion.stream_complete ? json(*completion.stream_complete) : json()},
              {"error", error_of(completion)},
              {"retryable", json()}};
  const bool content_filter = completion.finish_reason == "content_filter";
  if (!completion.ok() || completion.retryable || content_filter) {
    out["retryable"] = completion.retryable;
  }
  return out;
}

/// Arguments of Anthropic's whole bodies are shown as compact JSON: by value.
void compare_arguments_by_value(const json& fixture, json& got, json& want) {
  if (fixture.at("dialect") != "anthropic_messages" || fixture.at("stream").get<bool>()) return;
  for (json* side : {&got, &want}) {
    for (auto& call : side->at("tool_calls")) {
      call["arguments"] = json::parse(call.at("arguments").get<std::string>(), nullptr, false);
    }
  }
}

void check(const fs::path& folder, const json& fixture) {
  SCOPED_TRACE(fixture.at("name").get<std::string>());
  const std::string path = fixture.value("request_path", std::string());
  const bool list = path.size() >= 7 && path.substr(path.size() - 7) == "/models";
  if (list && fixture.at("response").at("status") == 200) return;  // nothing to normalise
  const std::string body = read_file(folder / fixture.at("response").at("body_file").get<std::string>());
  for (const bool by_bytes : {false, true}) {
    json got = normalised(read(fixture, body, by_bytes));
    json want = fixture.at("expected");
    compare_arguments_by_value(fixture, got, want);
    for (const auto& [key, value] : want.items()) {
      EXPECT_EQ(got.value(key, json("absent")), value) << key << (by_bytes ? ", by bytes" : "");
    }
  }
}

void check_folder(const fs::path& folder) {
  const json manifest = json::parse(read_file(folder / "manifest.json"));
  ASSERT_EQ(manifest.at("schema"), "weir/wire-fixtures@1");
  ASSERT_FALSE(manifest.at("fixtures").empty());
  for (const auto& fixture : manifest.at("fixtures")) check(folder, fixture);
}

TEST(WireFixtures, OurOwn) { check_folder(fs::path(WEIR_SOURCE_DIR) / "tests/fixtures/wire"); }

TEST(WireFixtures, Recorded) {
  const fs::path folder = fs::path(WEIR_SHARED_DATA) / "wire";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent";
  check_folder(folder);
}

TEST(WireFixtures, FromOutside) {
  const char* folder = std::getenv("WEIR_WIRE_FIXTURES");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_WIRE_FIXTURES is not set";
  check_folder(folder);
}

}  // namespace
}  // namespace weir
