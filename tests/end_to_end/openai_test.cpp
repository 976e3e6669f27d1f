// Provider `openai` against a real HTTP server on loopback.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A chat completions server whose answers the test gives.
class Server {
 public:
  using Answer = std::function<void(const json& body, httplib::Response& response)>;

  explicit Server(Answer answer) : answer_(std::move(answer)) {
    server_.Post("/v1/chat/completions", [this](const auto& request, auto& response) {
      ++requests;
      {
        const std::lock_guard lock(mutex_);
        authorization_ = request.get_header_value("Authorization");
      }
      answer_(json::parse(request.body), response);
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() {
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

  [[nodiscard]] std::string authorization() {
    const std::lock_guard lock(mutex_);
    return authorization_;
  }

  std::atomic<int> requests{0};

 private:
  std::string authorization_;
  httplib::Server server_;
  Answer answer_;
  std::mutex mutex_;
  int port_ = 0;
  std::thread thread_;
};

void reply_with(httplib::Response& response, const std::string& command) {
  const json body = {
      {"id", "r"},
      {"model", "served-model"},
      {"system_fingerprint", "fp"},
      {"choices",
       {{{"finish_reason", "tool_calls"},
         {"message",
          {{"role", "assistant"},
           {"content", nullptr},
           {"reasoning_content", "I think."},
           {"tool_calls",
            {{{"id", "c1"},
              {"type", "function"},
              {"function",
               {{"name", "bash"}, {"arguments", json{{"command", command}}.dump()}}}}}}}}}}},
      {"usage",
       {{"prompt_tokens", 1000},
        {"completion_tokens", 50},
        {"prompt_cache_hit_tokens", 896},
        {"prompt_cache_miss_tokens", 104},
        {"completion_tokens_details", {{"reasoning_tokens", 20}}}}}};
  response.set_content(body.dump(), "application/json");
}

class OpenAiTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
    std::filesystem::create_directories(folder_ / "suite/hello/environment");
    std::filesystem::create_directories(folder_ / "suite/hello/tests");
    write_file(folder_ / "suite/hello/task.toml", "version = \"1.0\"\n");
    write_file(folder_ / "suite/hello/instruction.md", "Write hello to hello.txt\n");
    write_file(folder_ / "suite/hello/environment/Dockerfile", "FROM x\nWORKDIR /app\n");
    write_file(folder_ / "suite/hello/tests/test.sh",
               "#!/bin/bash\ngrep -q hello hello.txt && echo 1 > /logs/verifier/reward.txt || echo 0 "
               "> /logs/verifier/reward.txt\n");
  }

  void write_experiment(const Server& server, const std::string& more = "") {
    write_file(folder_ / "e.toml", "[experiment]\nsuites = [\"suite\"]\nconfigs = [\"m\"]\nattempts = "
                                   "3\n[models.m]\nprovider = \"openai\"\ndialect = \"deepseek\"\n"
                                   "base_url = \"" + server.url() + "\"\nmodel = \"deepseek-v4-pro\"\n"
                                   "api_key_env = \"WEIR_TEST_KEY\"\nprice_host = \"api.deepseek.com\"\n"
                                   "[configs.m]\ntiers = [\"m\"]\n" + more);
  }

  Ran run(const Server& server, const std::string& more = "") {
    write_experiment(server, more);
    return run_weir({"run", (folder_ / "e.toml").string(), "--jobs", "2", "--db", db()},
                    {"WEIR_TEST_KEY=secret-key-value"});
  }
  std::string db() const { return (folder_ / "w.db").string(); }

  TemporaryFolder folder_;
};

TEST_F(OpenAiTest, CompletesATask) {
  Server server([](const json& body, httplib::Response& response) {
    const std::size_t turns = body.at("messages").size();
    if (turns > 2) {  // the reasoning of the first answer came back
      EXPECT_EQ(body.at("messages").at(2).at("reasoning_content"), "I think.");
    }
    EXPECT_EQ(body.at("thinking").at("type"), "enabled");
    reply_with(response, turns == 2 ? "echo hello > hello.txt"
                                    : "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT");
  });
  const Ran ran = run(server);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(server.requests, 6);
  EXPECT_EQ(server.authorization(), "Bearer secret-key-value");
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial WHERE outcome = 'resolved'"), "3");
  EXPECT_EQ(sql(db(), "SELECT simulated FROM v_trial LIMIT 1"), "0");
  EXPECT_EQ(sql(db(), "SELECT served_model || fingerprint || input_hit FROM v_call LIMIT 1"),
            "served-modelfp896");
  EXPECT_EQ(sql(db(), "SELECT unpriced_calls FROM v_trial LIMIT 1"), "0");
  // The key is nowhere in the database.
  EXPECT_EQ(read_file(db()).find("secret-key-value"), std::string::npos);
}

TEST_F(OpenAiTest, ARefusedKeyStopsTheRunAndTheRestIsNotRun) {
  Server server([](const json&, httplib::Response& response) {
    response.status = 401;
    response.set_content(R"({"error":{"message":"Authentication Fails"}})", "application/json");
  });
  const Ran ran = run(server);
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_THAT(ran.err, HasSubstr("Authentication Fails"));
  EXPECT_THAT(ran.err, HasSubstr("weir resume"));
  EXPECT_LE(server.requests, 2);  // never asked again
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial WHERE outcome IN ('provider_error','not_run')"),
            "3");
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial WHERE stop_reason IS NOT NULL"), "0");
}

TEST_F(OpenAiTest, BusyServersAreRetriedEachTryARow) {
  std::atomic<int> seen{0};
  Server server([&](const json& body, httplib::Response& response) {
    if (seen++ < 2) {
      response.status = 429;
      response.set_header("Retry-After", "0.1");
      return;
    }
    reply_with(response, body.at("messages").size() == 2
                             ? "echo hello > hello.txt"
                             : "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT");
  });
  const Ran ran = run(server);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_call WHERE error_class = 'rate_limit'"), "2");
  EXPECT_EQ(sql(db(), "SELECT sum(cost_pusd) FROM v_call WHERE error_class = 'rate_limit'"), "0");
  EXPECT_EQ(sql(db(), "SELECT count(*) FROM v_trial WHERE outcome = 'resolved'"), "3");
}

TEST_F(OpenAiTest, AMissingKeyIsNamedBeforeAnythingRuns) {
  Server server([](const json&, httplib::Response&) {});
  write_experiment(server);
  const Ran ran = run_weir({"run", (folder_ / "e.toml").string(), "--db", db()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("WEIR_TEST_KEY is not set"));
}

TEST_F(OpenAiTest, ADollarLimitWithoutAPriceIsRefused) {
  Server server([](const json&, httplib::Response&) {});
  const Ran ran = run(server, "[prices]\nbook = \"book.json\"\n[limits]\nrun_usd = 1\n");
  EXPECT_EQ(ran.exit_code, 2);  // no such book
  write_file(folder_ / "book.json", R"({"schema": "weir/price-book@1", "entries": []})");
  const Ran unpriced = run(server, "[prices]\nbook = \"book.json\"\n[limits]\nrun_usd = 1\n");
  EXPECT_EQ(unpriced.exit_code, 2);
  EXPECT_THAT(unpriced.err, HasSubstr("no entry for model"));
}

}  // namespace
}  // namespace weir
