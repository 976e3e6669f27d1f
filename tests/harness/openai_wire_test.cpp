#include "harness/model/openai_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;

ModelSpec deepseek(const std::string& thinking) {
  ModelSpec spec;
  spec.model = "deepseek-v4-flash";
  spec.thinking = thinking;
  return spec;
}

TEST(OpenAiBody, SendsThinkingExplicitly) {
  const Dialect& dialect = *find_dialect("deepseek");
  const json high = openai_body({}, deepseek("high"), dialect);
  EXPECT_EQ(high.at("thinking").at("type"), "enabled");
  EXPECT_EQ(high.at("reasoning_effort"), "high");
  const json off = openai_body({}, deepseek("off"), dialect);
  EXPECT_EQ(off.at("thinking").at("type"), "disabled");
  EXPECT_FALSE(off.contains("reasoning_effort"));
  EXPECT_EQ(find_dialect("deepsek"), nullptr);
}

TEST(OpenAiBody, ReasoningGoesBackByteExactAndContentIsNeverNull) {
  Message assistant;
  assistant.role = Role::assistant;
  assistant.reasoning = "  thought \xE2\x80\x94 kept\n";
  assistant.tool_calls = {{"c1", "bash", "{\"command\":\"ls\"}"}};
  const ChatRequest request{{assistant}, json::array()};
  const json sent = openai_body(request, deepseek("high"), *find_dialect("deepseek"));
  const json& message = sent.at("messages").at(0);
  EXPECT_EQ(message.at("reasoning_content"), assistant.reasoning);
  EXPECT_EQ(message.at("content"), "");
  const json vllm = openai_body(request, deepseek("high"), *find_dialect("vllm"));
  EXPECT_EQ(vllm.at("messages").at(0).at("reasoning"), assistant.reasoning);
  EXPECT_FALSE(vllm.at("messages").at(0).contains("reasoning_content"));
}

TEST(OpenAiReply, ReadsAnAnswer) {
  const auto completion = read_openai_reply(200, R"({"id":"r1","model":"m-1","system_fingerprint":"f",
    "choices":[{"finish_reason":"tool_calls","message":{"role":"assistant","content":null,
      "reasoning_content":"hm","tool_calls":[{"id":"c","type":"function",
      "function":{"name":"bash","arguments":"{}"}}]}}],
    "usage":{"prompt_tokens":5129,"completion_tokens":30,"prompt_cache_hit_tokens":5120,
      "prompt_cache_miss_tokens":9,"completion_tokens_details":{"reasoning_tokens":20}}})");
  EXPECT_TRUE(completion.ok());
  EXPECT_EQ(completion.served_model, "m-1");
  EXPECT_EQ(completion.message.reasoning, "hm");
  EXPECT_EQ(completion.message.tool_calls.at(0).name, "bash");
  EXPECT_EQ(completion.tokens, (Tokens{9, 5120, {}, 10, 20, 5129, 30}));
}

TEST(OpenAiUsage, UnknownIsNotZero) {
  EXPECT_EQ(read_openai_usage(json::parse(R"({"prompt_tokens":10,"completion_tokens":3})")),
            (Tokens{{}, {}, {}, {}, {}, 10, 3}));
  EXPECT_EQ(read_openai_usage(json::parse(
                R"({"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":4}})")),
            (Tokens{6, 4, {}, {}, {}, 10, {}}));
  EXPECT_EQ(read_openai_usage(json::parse(R"({"prompt_tokens":"many"})")), Tokens{});
}

struct ErrorCase {
  long status;
  const char* body;
  const char* error_class;
  bool retryable;
  bool refused;
};

TEST(OpenAiReply, ClassifiesByStatusAndText) {
  const ErrorCase cases[] = {
      {401, R"({"error":{"message":"Authentication Fails"}})", "auth", false, true},
      {402, R"({"error":{"message":"Insufficient Balance"}})", "balance", false, true},
      {429, R"({"error":{"message":"slow down"}})", "rate_limit", true, true},
      {500, "oops", "server_error", true, false},
      {503, "", "overloaded", true, false},
      {400, R"({"error":{"message":"This model's maximum context length is 1 tokens."}})",
       "context_overflow", false, true},
      {400, R"({"error":{"message":"bad"}})", "bad_request", false, true},
      {200, R"({"error":{"message":"inside"}})", "server_error", true, false},
      {200, "not json", "malformed_response", true, false},
      {200, R"({"data":1})", "malformed_response", true, false},
      {200, R"({"choices":[{"finish_reason":"stop","message":{"content":""}}]})", "empty_response",
       true, false},
      {200, R"({"choices":[{"finish_reason":"content_filter","message":{"content":"x"}}]})",
       "content_filter", false, false},
      {200, R"({"choices":[{"finish_reason":"insufficient_system_resource","message":{}}]})",
       "overloaded", true, false},
  };
  for (const auto& c : cases) {
    const auto completion = read_openai_reply(c.status, c.body);
    EXPECT_EQ(completion.error_class, c.error_class) << c.status << c.body;
    EXPECT_EQ(completion.retryable, c.retryable) << c.status << c.body;
    EXPECT_EQ(completion.refused, c.refused) << c.status << c.body;
  }
}

TEST(OpenAiReply, AnAnswerOfReasoningAloneIsNoError) {
  EXPECT_TRUE(read_openai_reply(
                  200, R"({"choices":[{"finish_reason":"stop","message":{"content":"",
                  "reasoning_content":"thinking"}}]})")
                  .ok());
}

/// Recorded traffic: every non-streaming chat reply must be read without a fuss.
TEST(OpenAiReply, ReadsRecordedTraffic) {
  namespace fs = std::filesystem;
  const fs::path folder = WEIR_SHARED_DATA "/wire";
  if (!fs::exists(folder)) GTEST_SKIP() << "shared data is not here";
  int answers = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("ds_", 0) != 0 || name.find(".body.json") == std::string::npos) continue;
    const std::string body = read_file(entry.path());
    if (body.find("\"choices\"") == std::string::npos) continue;
    const auto completion = read_openai_reply(200, body);
    EXPECT_TRUE(completion.ok()) << name << completion.error_message;
    const Tokens& t = completion.tokens;
    ASSERT_TRUE(t.input_total && t.input_hit && t.input_miss) << name;
    EXPECT_EQ(*t.input_hit + *t.input_miss, *t.input_total) << name;
    ++answers;
  }
  EXPECT_GT(answers, 3);
}

}  // namespace
}  // namespace weir
