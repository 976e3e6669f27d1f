// What is sent: bodies of both APIs, secrets, notes and the words of failures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "harness/model/answer_notes.hpp"
#include "harness/model/failure.hpp"
#include "harness/model/http_model.hpp"
#include "harness/model/secret.hpp"
#include "harness/model/wire/chat_request.hpp"
#include "harness/model/wire/messages_request.hpp"
#include "harness/model/wire/usage.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

ModelSpec thinking(const std::string& mode, const std::string& dialect = "deepseek") {
  ModelSpec spec;
  spec.name = "m";
  spec.provider = "openai";
  spec.base_url = "http://x";
  spec.dialect = dialect;
  spec.model = "deepseek-v4-flash";
  spec.thinking = mode;
  return spec;
}

json chat(const ChatRequest& request, const ModelSpec& spec) {
  return chat_body(request, spec, *find_dialect(spec.dialect));
}

Message answer_of(const std::string& reasoning) {
  Message message;
  message.role = Role::assistant;
  message.reasoning = reasoning;
  message.tool_calls = {{"c1", "bash", "{\"command\":\"ls\"}"}};
  return message;
}

TEST(ChatRequests, SayThinkingInEveryDialect) {
  EXPECT_EQ(chat({}, thinking("high")).at("thinking").at("type"), "enabled");
  EXPECT_EQ(chat({}, thinking("max")).at("reasoning_effort"), "max");
  EXPECT_EQ(chat({}, thinking("off")).at("thinking").at("type"), "disabled");
  EXPECT_FALSE(chat({}, thinking("off")).contains("reasoning_effort"));
  EXPECT_EQ(chat({}, thinking("off", "openai")).at("reasoning_effort"), "none");
  EXPECT_EQ(chat({}, thinking("high", "generic")).at("reasoning_effort"), "high");
  EXPECT_EQ(chat({}, thinking("off", "vllm")).at("chat_template_kwargs").at("thinking"), false);
  EXPECT_EQ(chat({}, thinking("max", "sglang")).at("chat_template_kwargs").at("reasoning_effort"),
            "max");
  EXPECT_EQ(find_dialect("deepsek"), nullptr);
}

TEST(ChatRequests, PassReasoningBackByteExactAndNeverSendNull) {
  const ChatRequest request{{answer_of("  thought \xE2\x80\x94 kept\n")}, json::array(), {}};
  const json message = chat(request, thinking("high")).at("messages").at(0);
  EXPECT_EQ(message.at("reasoning_content"), "  thought \xE2\x80\x94 kept\n");
  EXPECT_EQ(message.at("content"), "");
  const json vllm = chat(request, thinking("high", "vllm")).at("messages").at(0);
  EXPECT_EQ(vllm.at("reasoning"), "  thought \xE2\x80\x94 kept\n");
  EXPECT_FALSE(vllm.contains("reasoning_content"));
  EXPECT_FALSE(chat(request, thinking("high", "openai")).at("messages").at(0).contains("reasoning"));
}

TEST(ChatRequests, AnAnswerWithoutReasoningStillCarriesTheField) {
  const ChatRequest request{{answer_of("")}, json::array(), {}};  // from a tier that does not think
  EXPECT_EQ(chat(request, thinking("high")).at("messages").at(0).at("reasoning_content"), "");
  EXPECT_FALSE(chat(request, thinking("off")).at("messages").at(0).contains("reasoning_content"));
}

TEST(ChatRequests, ArgumentsThatAreNoObjectDoNotPoisonTheSession) {
  Message cut = answer_of("");
  cut.tool_calls[0].arguments = "{\"command\": \"ls";
  const ChatRequest request{{cut}, json::array(), {}};
  const auto sent = [&](const char* dialect) {
    return chat(request, thinking("high", dialect)).at("messages").at(0).at("tool_calls").at(0)
        .at("function").at("arguments").get<std::string>();
  };
  EXPECT_EQ(json::parse(sent("vllm")).at("malformed_arguments"), cut.tool_calls[0].arguments);
  EXPECT_EQ(sent("openai"), cut.tool_calls[0].arguments);
}

TEST(ChatRequests, BeginWithTheRequestBefore) {
  ChatRequest request{{{Role::system, "s", "", {}, ""}}, json::array({{{"z", 1}, {"a", 2}}}), {}};
  const std::string first = chat(request, thinking("high")).at("messages").dump();
  request.messages.push_back(answer_of("r"));
  const std::string second = chat(request, thinking("high")).at("messages").dump();
  EXPECT_EQ(second.substr(0, first.size() - 1), first.substr(0, first.size() - 1));
}

TEST(MessagesRequests, PutSystemApartAndGatherToolResults) {
  ChatRequest request;
  request.tools = json::parse(R"([{"type":"function","function":{"name":"bash","description":"d",
                                   "parameters":{"type":"object"}}}])");
  Message two = answer_of("r");
  two.tool_calls.push_back({"c2", "bash", "not json"});
  request.messages = {{Role::system, "s", "", {}, ""},
                      {Role::user, "u", "", {}, ""},
                      two,
                      {Role::tool, "out1", "", {}, "c1"},
                      {Role::tool, "out2", "", {}, "c2"}};
  const json body = messages_body(request, thinking("high", "generic"));
  EXPECT_EQ(body.at("system").at(0).at("text"), "s");
  ASSERT_EQ(body.at("messages").size(), 3U);  // user, assistant, user with both results
  const json& said = body.at("messages").at(1).at("content");
  EXPECT_EQ(said.at(0).at("type"), "tool_use");  // unsigned reasoning is not sent to Anthropic
  EXPECT_EQ(said.at(1).at("input").at("malformed_arguments"), "not json");
  const json& results = body.at("messages").at(2).at("content");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results.at(1).at("tool_use_id"), "c2");
  EXPECT_TRUE(results.at(1).contains("cache_control"));
  EXPECT_EQ(body.at("tools").at(0).at("input_schema").at("type"), "object");
  EXPECT_EQ(body.at("thinking").at("type"), "disabled");  // the turn before thought unsigned
}

TEST(MessagesRequests, TakeTheTurnsOfOtherProvidersModels) {
  Message foreign = answer_of("r");
  foreign.content = "\n\n";  // blanks alone are refused
  foreign.tool_calls[0].id = "functions.bash:0";
  ChatRequest request{{{Role::user, "u", "", {}, ""}, foreign,
                       {Role::tool, "out", "", {}, "functions.bash:0"}}, json::array(), {}};
  const json body = messages_body(request, thinking("high", "anthropic"));
  EXPECT_EQ(body.at("thinking").at("type"), "adaptive");  // which asks for no signed beginning
  const json& said = body.at("messages").at(1).at("content");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said.at(0).at("id"), "functions_bash_0");
  EXPECT_EQ(body.at("messages").at(2).at("content").at(0).at("tool_use_id"), "functions_bash_0");
  EXPECT_EQ(messages_body(request, thinking("high", "generic")).at("thinking").at("type"), "disabled");
  request.messages.push_back({Role::user, "go on", "", {}, ""});  // the tools' use has ended
  EXPECT_EQ(messages_body(request, thinking("high", "generic")).at("thinking").at("type"), "enabled");
}

TEST(MessagesRequests, ThinkAsTheDialectSays) {
  ModelSpec spec = thinking("high", "generic");
  const ChatRequest request{{{Role::user, "u", "", {}, ""}}, json::array(), {}};
  const json budget = messages_body(request, spec);
  EXPECT_LT(budget.at("thinking").at("budget_tokens").get<int>(), budget.at("max_tokens").get<int>());
  spec.max_tokens = 1024;  // no room for the least budget and an answer
  EXPECT_EQ(messages_body(request, spec).at("thinking").at("type"), "disabled");
  spec = thinking("max", "anthropic");
  EXPECT_EQ(messages_body(request, spec).at("thinking").at("type"), "adaptive");
  EXPECT_EQ(messages_body(request, spec).at("output_config").at("effort"), "max");
}

TEST(MessagesRequests, SignedThinkingGoesBackUntouched) {
  Message said = answer_of("r");
  said.signed_blocks = json::parse(R"([{"type":"thinking","thinking":"r","signature":"sig"},
                                       {"type":"tool_use","id":"c1","name":"bash","input":{}}])");
  const ChatRequest request{{{Role::user, "u", "", {}, ""}, said}, json::array(), {}};
  const json body = messages_body(request, thinking("off", "generic"));
  EXPECT_EQ(body.at("messages").at(1).at("content").at(0).at("signature"), "sig");
  EXPECT_EQ(body.at("thinking").at("type"), "disabled");
  const json deepseek = messages_body({{answer_of("r")}, json::array(), {}}, thinking("max"));
  EXPECT_EQ(deepseek.at("messages").at(0).at("content").at(0).at("thinking"), "r");
  EXPECT_EQ(deepseek.at("output_config").at("effort"), "max");
  // And such a message survives being stored.
  EXPECT_EQ(message_from_json(to_json(said)).signed_blocks, said.signed_blocks);
}

TEST(Usage, UnknownIsNotZero) {
  EXPECT_EQ(read_chat_usage(json::parse(R"({"prompt_tokens":10,"completion_tokens":3})")),
            (Tokens{{}, {}, {}, {}, {}, 10, 3}));
  EXPECT_EQ(read_chat_usage(json::parse(
                R"({"prompt_tokens":10,"prompt_tokens_details":{"cached_tokens":4}})")),
            (Tokens{6, 4, {}, {}, {}, 10, {}}));
  EXPECT_EQ(read_chat_usage(json::parse(R"({"prompt_tokens":"many","completion_tokens":-1})")),
            Tokens{});
  EXPECT_TRUE(consistent(Tokens{6, 4, {}, {}, {}, 10, {}}));
  EXPECT_FALSE(consistent(Tokens{6, 5, {}, {}, {}, 10, {}}));
  EXPECT_FALSE(consistent(Tokens{{}, 90, {}, {}, {}, 10, {}}));
}

struct OverflowCase {
  const char* message;
  std::int64_t window;
  std::int64_t prompt;
};

TEST(Failures, ReadTheNumbersOfAContextOverflow) {
  const OverflowCase cases[] = {
      {"This model's maximum context length is 131072 tokens. However, you requested 140000 tokens "
       "(130000 in the messages, 10000 in the completion).", 131072, 130000},
      {"The input (300000 tokens) is longer than the model's context length (262144 tokens).", 262144,
       300000},
      {"'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context "
       "length is 8192 tokens and your request has 5000 input tokens", 8192, 5000},
      {"prompt is too long: 210,000 tokens > 200,000 maximum", 200000, 210000},
      {"input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000", 200000, 190000},
      {"{\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":9000,\"n_ctx\":8192}", 8192, 9000},
      {"You passed 10243 input tokens and requested 32768 output tokens. However, the model's context "
       "length is only 40960 tokens", 40960, 10243},
      {"Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 "
       "tokens.", 272000, 300000},
      {"Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a "
       "total of 9000 tokens: 7232 tokens from the input messages and 1768", 8192, 7232},
      {"request (9000 tokens) exceeds the available context size (8192 tokens)", 8192, 9000},
  };
  for (const auto& c : cases) {
    const auto overflow = read_context_overflow(c.message);
    ASSERT_TRUE(overflow) << c.message;
    EXPECT_EQ(overflow->window, c.window) << c.message;
    EXPECT_EQ(overflow->prompt, c.prompt) << c.message;
  }
  EXPECT_FALSE(read_context_overflow("bad temperature"));
}

TEST(Failures, EveryClassHasOneMeaning) {
  std::set<std::string_view> names;
  for (const auto& entry : failure_classes()) EXPECT_TRUE(names.insert(entry.name).second);
  EXPECT_TRUE(may_be_retried("overloaded"));
  EXPECT_FALSE(may_be_retried("no such class"));
  EXPECT_TRUE(ends_the_run("insufficient_balance"));
}

TEST(AnswerNotes, SayWhatIsOdd) {
  EXPECT_TRUE(has_tool_markup("x <｜DSML｜tool_calls>"));
  EXPECT_FALSE(has_tool_markup("a < b | c"));
  EXPECT_FALSE(ends_in_loop("a sentence. " + std::string(500, ' ')));
  std::string round;
  for (int i = 0; i < 40; ++i) round += "But wait, let me check again. ";
  EXPECT_TRUE(ends_in_loop("First. " + round));
  std::string counting;
  for (int i = 0; i < 400; ++i) counting += std::to_string(i) + ", ";
  EXPECT_FALSE(ends_in_loop(counting));
  Completion completion;
  completion.finish_reason = "stop";
  completion.message.reasoning = "hm";
  completion.tokens.input_total = 5;
  completion.tokens.input_hit = 6;
  note_answer(completion);
  EXPECT_EQ(completion.notes, (std::vector<std::string>{"reasoning_only", "usage_contradicts"}));
}

TEST(Secrets, AreReadFromOnePlaceAndNeverShown) {
  const TemporaryFolder folder;
  ModelSpec spec = thinking("high");
  spec.api_key_file = folder / "key";
  write_file(spec.api_key_file, "sk-abcdef123\n");
  ::chmod(spec.api_key_file.c_str(), 0644);
  EXPECT_THROW(Secret::of(spec), UserError);  // others could read it
  ::chmod(spec.api_key_file.c_str(), 0600);
  const Secret secret = Secret::of(spec);
  EXPECT_EQ(secret.header_value(), "sk-abcdef123");
  EXPECT_EQ(secret.redact("key sk-abcdef123 and sk-abcdef123!"), "key [key] and [key]!");
  write_file(spec.api_key_file, "two words\n");
  EXPECT_THROW(Secret::of(spec), UserError);
  spec.api_key_file.clear();
  spec.api_key_command = "echo leaked-secret >&2; exit 3";
  try {
    (void)Secret::of(spec);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("exit code 3"));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("leaked-secret >")));
  }
}

TEST(Secrets, AnAddressThatHoldsOneIsRefused) {
  ModelSpec spec = thinking("high");
  for (const char* url : {"https://user:pass@host/v1", "https://host/v1?key=1", "ftp://host"}) {
    spec.base_url = url;
    EXPECT_THROW(check_http_model(spec), UserError) << url;
  }
  spec.base_url = "https://host/v1";
  check_http_model(spec);
}

}  // namespace
}  // namespace weir
