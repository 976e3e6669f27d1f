// Providers against a server that behaves like the real hosts at their worst.

#include "harness/model/http_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "runners/process.hpp"
#include "tasks/files.hpp"
#include "tests/loopback/replies.hpp"
#include "tests/loopback/server.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using loopback::Exchange;
using loopback::Reply;
using loopback::Server;
using nlohmann::json;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

ChatRequest question() {
  return {{{Role::system, "s", "", {}, ""}, {Role::user, "q", "", {}, ""}}, json::array(), {}};
}

ModelSpec spec_for(const std::string& url) {
  ModelSpec spec;
  spec.name = "m";
  spec.provider = "openai";
  spec.dialect = "deepseek";
  spec.base_url = url;
  spec.model = "deepseek-v4-pro";
  spec.timers = {milliseconds(2000), milliseconds(400), milliseconds(300), milliseconds(5000)};
  return spec;
}

Completion ask(const ModelSpec& spec, std::stop_token stop = {}) {
  const auto model = spec.provider == "anthropic" ? make_anthropic_model(spec) : make_openai_model(spec);
  return model->complete(question(), {"r/t/c/1", 1, 0, 0, 0, 0, "", stop});
}

Completion ask(const Server::Handler& handler) {
  const Server server(handler);
  return ask(spec_for(server.url()));
}

/// A port whose queue of connections is full: connecting to it hangs.
class FullListener {
 public:
  FullListener() {
    const int listener = make();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    (void)::bind(listener, reinterpret_cast<sockaddr*>(&address), length);
    (void)::listen(listener, 0);
    (void)::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      (void)::connect(make(), reinterpret_cast<sockaddr*>(&address), length);
    }
  }
  ~FullListener() {
    for (const int socket : sockets_) ::close(socket);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int make() {
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    return sockets_.back();
  }
  std::vector<int> sockets_;
  int port_ = 0;
};

void stream(Exchange& exchange, const std::vector<std::string>& events) {
  exchange.begin_stream();
  for (const auto& event : events) exchange.chunk(event);
  exchange.end();
}

Reply answer() {
  Reply reply;
  reply.text = "text";
  reply.command = "ls";
  return reply;
}

void expect_answer(const Completion& got) {
  EXPECT_TRUE(got.ok()) << got.error_class << got.error_message;
  EXPECT_EQ(got.message.content, "text");
  EXPECT_EQ(got.message.reasoning, "I think.");
  ASSERT_EQ(got.message.tool_calls.size(), 1U);
  EXPECT_EQ(json::parse(got.message.tool_calls[0].arguments).at("command"), "ls");
  EXPECT_EQ(got.tokens, (Tokens{104, 896, got.tokens.cache_write, 30, 20, 1000, 50}));
}

TEST(HttpModel, ReadsStreamsAndWholeBodiesOfBothApis) {
  json seen;
  std::map<std::string, std::string> headers;
  const Server server([&](Exchange& exchange) {
    seen = json::parse(exchange.body);
    headers = exchange.headers;
    const bool chat = exchange.path.find("/chat/completions") != std::string::npos;
    if (seen.at("stream").get<bool>()) {
      stream(exchange, chat ? chat_events(answer()) : messages_events(answer()));
    } else {
      exchange.reply(200, chat ? chat_json(answer()) : messages_json(answer()));
    }
  });
  ::setenv("WEIR_UNIT_KEY", "sk-0123456789", 1);
  for (const char* provider : {"openai", "anthropic"}) {
    for (const bool streamed : {true, false}) {
      ModelSpec spec = spec_for(server.url());
      spec.provider = provider;
      spec.stream = streamed;
      spec.api_key_env = "WEIR_UNIT_KEY";
      const Completion got = ask(spec);
      expect_answer(got);
      EXPECT_EQ(got.served_model, "deepseek-v4-pro");
      EXPECT_TRUE(got.ttft);
      EXPECT_EQ(spec.provider == "openai" ? headers["authorization"] : headers["x-api-key"],
                spec.provider == "openai" ? "Bearer sk-0123456789" : "sk-0123456789");
    }
  }
  EXPECT_EQ(server.connections(), 1);  // kept and used again
}

TEST(HttpModel, ContentDecidesNotItsType) {
  expect_answer(ask([](Exchange& exchange) {
    exchange.begin_stream("application/octet-stream");
    exchange.chunk("\xEF\xBB\xBF: hello\r\n\r\n");
    for (auto event : chat_events(answer())) {
      for (std::size_t at = 0; (at = event.find('\n', at)) != std::string::npos; at += 2) {
        event.insert(at, "\r");
      }
      exchange.chunk(event);
    }
    exchange.end();
  }));
}

TEST(HttpModel, StatusesBecomeClasses) {
  const Completion busy = ask([](Exchange& exchange) {
    exchange.reply(429, R"({"error":{"message":"slow down"}})", "Retry-After: 2\r\n");
  });
  EXPECT_EQ(busy.error_class, "rate_limit");
  EXPECT_EQ(busy.retry_after, milliseconds(2000));
  EXPECT_TRUE(busy.refused);
  const Completion storm = ask([](Exchange& exchange) { exchange.reply(503, "", "", "text/html"); });
  EXPECT_EQ(storm.error_class, "overloaded");
  EXPECT_TRUE(storm.retryable);
  const Completion inside = ask([](Exchange& exchange) {
    exchange.reply(200, R"({"error":{"message":"no","code":400}})");
  });
  EXPECT_EQ(inside.error_class, "in_band_error");
  EXPECT_FALSE(inside.retryable);
}

TEST(HttpModel, ACutStreamIsNeverAnAnswer) {
  const auto events = chat_events(answer());
  const Completion early = ask([&](Exchange& exchange) {
    exchange.begin_stream();
    for (std::size_t i = 0; i + 2 < events.size(); ++i) exchange.chunk(events[i]);
    exchange.hang_up();
  });
  EXPECT_EQ(early.error_class, "stream_truncated");
  EXPECT_FALSE(early.tokens.output_total);
  const Completion orderly = ask([&](Exchange& exchange) {
    stream(exchange, {events.begin(), events.end() - 2});
  });
  EXPECT_EQ(orderly.error_class, "stream_truncated");
  const Completion late = ask([&](Exchange& exchange) {  // finish and usage came, [DONE] did not
    exchange.begin_stream();
    for (std::size_t i = 0; i + 1 < events.size(); ++i) exchange.chunk(events[i]);
    exchange.sleep(milliseconds(50));
    exchange.reset();
  });
  expect_answer(late);
  EXPECT_THAT(late.notes, testing::Contains("no_terminal_event"));
  const Completion reset = ask([&](Exchange& exchange) {
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n{\"choices\":");
    exchange.sleep(milliseconds(50));
    exchange.reset();
  });
  EXPECT_EQ(reset.error_class, "stream_truncated");
}

TEST(HttpModel, WhatAServiceSaysOfItselfHoldsHoweverItHangsUp) {
  const auto broke = [](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk("data: {\"error\":{\"message\":\"Insufficient Balance\",\"code\":402}}\n\n");
  };
  const Completion reset = ask([&](Exchange& exchange) {
    broke(exchange);
    exchange.reset();
  });
  EXPECT_EQ(reset.implied_class, "insufficient_balance");
  EXPECT_FALSE(reset.retryable);
  const auto start = Clock::now();
  const Completion held = ask([&](Exchange& exchange) {
    broke(exchange);
    exchange.sleep(milliseconds(3000));
  });
  EXPECT_EQ(held.error_class, "in_band_error");
  EXPECT_LT(Clock::now() - start, milliseconds(2500));
}

TEST(HttpModel, UsageThatCountsAlongIsNoCountOfACutStream) {
  const Completion got = ask([](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":"
                   "{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n");
    exchange.hang_up();
  });
  EXPECT_EQ(got.error_class, "stream_truncated");
  EXPECT_EQ(got.tokens.input_total, 9);
  EXPECT_FALSE(got.tokens.output_total);
}

TEST(HttpModel, KeepAlivesDoNotKeepACallAlive) {
  const auto ping_for_ever = [](Exchange& exchange) {
    while (exchange.chunk(": keep-alive\n\n") && exchange.sleep(milliseconds(20))) {
    }
  };
  const Completion silent = ask([&](Exchange& exchange) {
    exchange.begin_stream();
    ping_for_ever(exchange);
  });
  EXPECT_EQ(silent.error_class, "timeout");
  EXPECT_THAT(silent.error_message, HasSubstr("no answer began"));
  const Completion stuck = ask([&](Exchange& exchange) {
    exchange.begin_stream();
    exchange.chunk(chat_events(answer())[1]);
    ping_for_ever(exchange);
  });
  EXPECT_EQ(stuck.error_class, "timeout");
  EXPECT_THAT(stuck.error_message, HasSubstr("nothing further came"));
  const Completion empty_deltas = ask([&](Exchange& exchange) {
    exchange.begin_stream();
    while (exchange.chunk(chat_events(answer())[0]) && exchange.sleep(milliseconds(20))) {
    }
  });
  EXPECT_THAT(empty_deltas.error_message, HasSubstr("no answer began"));
  const Completion blank = ask([&](Exchange& exchange) {  // before a whole body
    exchange.begin_stream("application/json");
    while (exchange.chunk("\n") && exchange.sleep(milliseconds(20))) {
    }
  });
  EXPECT_THAT(blank.error_message, HasSubstr("no answer began"));
}

TEST(HttpModel, ADripOfBytesEndsAtATimer) {
  const Completion drip = ask([](Exchange& exchange) {
    exchange.begin_stream();
    const std::string event = chat_events(answer())[1];
    for (const char byte : event) {
      if (!exchange.chunk({&byte, 1}) || !exchange.sleep(milliseconds(100))) return;
    }
  });
  EXPECT_EQ(drip.error_class, "timeout");
  const Server server([](Exchange& exchange) {
    exchange.begin_stream();
    while (exchange.chunk(chat_events(answer())[1]) && exchange.sleep(milliseconds(20))) {
    }
  });
  ModelSpec spec = spec_for(server.url());
  spec.timers.total = milliseconds(600);
  const Completion endless = ask(spec);
  EXPECT_THAT(endless.error_message, HasSubstr("the reply did not end"));
}

TEST(HttpModel, AnEndedStreamOnAnOpenConnectionIsDone) {
  const auto start = Clock::now();
  expect_answer(ask([](Exchange& exchange) {
    exchange.begin_stream();
    for (const auto& event : chat_events(answer())) exchange.chunk(event);
    exchange.sleep(milliseconds(3000));  // never ends the reply
  }));
  EXPECT_LT(Clock::now() - start, milliseconds(2500));
}

TEST(HttpModel, AReasoningRunAwayIsReadToItsPaidEndAndNoted) {
  Reply reply;
  reply.reasoning.clear();
  reply.text = "so";
  const Completion got = ask([&](Exchange& exchange) {
    exchange.begin_stream();
    Reply piece;
    piece.reasoning = "But wait, let me reconsider this. ";
    const std::string event = chat_events(piece)[1];
    for (int i = 0; i < 8000; ++i) exchange.chunk(event);  // 64,000 tokens or so
    for (const auto& last : chat_events(reply)) exchange.chunk(last);
    exchange.end();
  });
  EXPECT_TRUE(got.ok()) << got.error_message;
  EXPECT_EQ(got.message.reasoning.size(), 8000 * 34U);
  EXPECT_THAT(got.notes, testing::Contains("loop"));
}

TEST(HttpModel, ConnectionsThatFailAreNetworkErrors) {
  ModelSpec nobody = spec_for("http://127.0.0.1:1");
  const Completion refused = ask(nobody);
  EXPECT_EQ(refused.error_class, "network");
  EXPECT_TRUE(refused.refused);  // nothing was sent, nothing is owed
  const Completion reset = ask([](Exchange& exchange) { exchange.reset(); });
  EXPECT_EQ(reset.error_class, "network");
  EXPECT_FALSE(reset.refused);  // it may have been processed: its cost is unknown
}

TEST(HttpModel, NothingIsSentTwiceBehindTheLedgersBack) {
  const Server server([](Exchange& exchange) {
    if (exchange.path.empty()) return;
    stream(exchange, chat_events(answer()));
  });
  std::atomic<int> count{0};
  const Server flaky([&](Exchange& exchange) {  // answers once, then resets the kept connection
    if (++count == 1) {
      stream(exchange, chat_events(answer()));
    } else {
      exchange.reset();
    }
  });
  const ModelSpec spec = spec_for(flaky.url());
  expect_answer(ask(spec));
  const Completion second = ask(spec);
  EXPECT_EQ(second.error_class, "network");
  EXPECT_EQ(flaky.requests(), 2);  // libcurl would have asked a third time by itself
}

TEST(HttpModel, RedirectsAreNotFollowed) {
  const Server elsewhere([](Exchange& exchange) { stream(exchange, chat_events(answer())); });
  const Server server([&](Exchange& exchange) {
    exchange.reply(308, "", "Location: " + elsewhere.url() + "\r\n");
  });
  const Completion got = ask(spec_for(server.url()));
  EXPECT_EQ(got.error_class, "redirect");
  EXPECT_THAT(got.error_message, HasSubstr(elsewhere.url()));
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST(HttpModel, ProxiesOfTheEnvironmentAreUsed) {
  const Server proxy([](Exchange& exchange) {
    exchange.path.rfind("http://weir.invalid/", 0) == 0 ? stream(exchange, chat_events(answer()))
                                                        : exchange.reply(502, "");
  });
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  expect_answer(ask(spec_for("http://weir.invalid")));
  ::unsetenv("http_proxy");
}

TEST(HttpModel, ACertificateNobodyVouchesForEndsTheRun) {
  const TemporaryFolder folder;
  const std::string key = folder / "key.pem";
  const std::string certificate = folder / "cert.pem";
  const ProcessResult made =
      run_process({.argv = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                            "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                            "subjectAltName=IP:127.0.0.1"}});
  if (!made.ok()) GTEST_SKIP() << "no openssl program";
  httplib::SSLServer server(certificate.c_str(), key.c_str());
  server.Post(".*", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(chat_json(answer()), "application/json");
  });
  server.set_read_timeout(0, 100'000);
  server.set_keep_alive_timeout(1);
  const int port = server.bind_to_any_port("127.0.0.1");
  std::jthread thread([&] { server.listen_after_bind(); });
  ModelSpec spec = spec_for("https://127.0.0.1:" + std::to_string(port));
  const Completion untrusted = ask(spec);
  EXPECT_EQ(untrusted.error_class, "tls") << untrusted.error_message;
  EXPECT_FALSE(untrusted.retryable);
  spec.ca_file = certificate;
  expect_answer(ask(spec));
  server.stop();
}

TEST(HttpModel, AStopEndsACallAtOnceWhereverItIs) {
  const Server silent([](Exchange& exchange) { exchange.sleep(milliseconds(5000)); });
  const Server talking([](Exchange& exchange) {
    exchange.begin_stream();
    while (exchange.chunk(chat_events(answer())[1]) && exchange.sleep(milliseconds(5))) {
    }
  });
  const FullListener full;
  for (const std::string& url : {silent.url(), talking.url(), full.url()}) {
    ModelSpec spec = spec_for(url);
    spec.timers = {};
    std::stop_source stop;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(200));
      stop.request_stop();
    });
    const auto start = Clock::now();
    const Completion got = ask(spec, stop.get_token());
    EXPECT_EQ(got.error_class, "interrupted") << url;
    EXPECT_LT(Clock::now() - start, milliseconds(1000)) << url;
  }
}

TEST(HttpModel, AKeyQuotedByTheServerIsRedacted) {
  ::setenv("WEIR_UNIT_KEY", "sk-0123456789", 1);
  const Server server([](Exchange& exchange) {
    exchange.reply(401, R"({"error":{"message":"Incorrect API key provided: sk-0123456789."}})");
  });
  ModelSpec spec = spec_for(server.url());
  spec.api_key_env = "WEIR_UNIT_KEY";
  EXPECT_EQ(ask(spec).error_message, "Incorrect API key provided: [key].");
  const Server page([](Exchange& exchange) {  // a page too long to keep, cut within the key
    exchange.reply(500, std::string(3995, 'x') + "sk-0123456789", "", "text/html");
  });
  spec.base_url = page.url();
  EXPECT_EQ(ask(spec).error_message.find("sk-01"), std::string::npos);
}

}  // namespace
}  // namespace weir
