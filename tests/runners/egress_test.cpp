// The way out of a box through a proxy that looks at every address.

#include "runners/egress.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "runners/address_range.hpp"
#include "runners/grade/grader.hpp"
#include "tasks/files.hpp"
#include "tests/runners/host_server.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProxyHead, NamesItsTarget) {
  const auto tunnel = read_proxy_head("CONNECT Example.org:8443 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(tunnel);
  EXPECT_TRUE(tunnel->tunnel);
  EXPECT_EQ(tunnel->host + " " + tunnel->port, "example.org 8443");
  const auto six = read_proxy_head("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "2001:db8::1");
  const auto plain = read_proxy_head(
      "GET http://a.b/x?y HTTP/1.1\r\nHost: a.b\r\nProxy-Connection: keep-alive\r\n"
      "Connection: keep-alive\r\nAccept: */*\r\n\r\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(plain->head,
            "GET /x?y HTTP/1.1\r\nHost: a.b\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST(ProxyHead, RefusesWhatIsNone) {
  for (const char* head :
       {"", "GET", "GET / HTTP/1.1\r\n\r\n", "GET https://a/ HTTP/1.1\r\n\r\n",
        "CONNECT a:b HTTP/1.1\r\n\r\n", "CONNECT :1 HTTP/1.1\r\n\r\n",
        "CONNECT a:123456 HTTP/1.1\r\n\r\n", "CONNECT [::1 HTTP/1.1\r\n\r\n",
        "GET http://user@a/ HTTP/1.1\r\n\r\n", "GET http:///x HTTP/1.1\r\n\r\n"}) {
    EXPECT_FALSE(read_proxy_head(head)) << head;
  }
}

// A list of names saw "*.b", who resolved the name saw 1.1.1.1.
TEST(ProxyHead, ANameEndsForNobodyBeforeItsEnd) {
  using namespace std::string_literals;
  for (const auto& host : {"1.1.1.1\0.b"s, "a b"s, "a#.b"s, "a\\.b"s, "a;b"s}) {
    EXPECT_FALSE(read_proxy_head("CONNECT " + host + ":80 HTTP/1.1\r\n\r\n")) << host;
  }
}

TEST(Egress, NamesArePermittedWholeOrByWildcard) {
  const EgressRules rules{.allowed = {"example.com", "*.example.org", "10.0.0.0/8"}};
  EXPECT_TRUE(permits_name(rules, "Example.com."));
  EXPECT_TRUE(permits_name(rules, "a.b.example.org"));
  for (const char* host :
       {"www.example.com", "example.org", "notexample.org", "example.com.evil", "10.0.0.1", ""}) {
    EXPECT_FALSE(permits_name(rules, host)) << host;
  }
  EXPECT_TRUE(permits_name({.all = true}, "anything"));
}

TEST(Egress, OnlyPublicAddressesAreReached) {
  for (const char* inside : {"127.0.0.1",
                             "10.1.2.3",
                             "172.31.0.1",
                             "192.168.1.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "0.0.0.0",
                             "224.0.0.1",
                             "255.255.255.255",
                             "::1",
                             "::",
                             "fe80::1",
                             "fe80::1%eth0",
                             "fd00::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "64:ff9b::7f00:1",
                             "2002:7f00:1::",
                             "ff02::1",
                             "x"}) {
    EXPECT_FALSE(is_public(inside)) << inside;
    EXPECT_FALSE(permits_address({.all = true}, inside, true)) << inside;
  }
  for (const char* outside : {"8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(permits_address({.all = true}, outside, false)) << outside;
  }
}

TEST(Egress, TheMachinesOwnAddressesAreKnown) {
  EXPECT_TRUE(is_own("127.0.0.1"));
  EXPECT_TRUE(is_own("::ffff:127.0.0.1"));
  EXPECT_FALSE(is_own("192.0.2.1"));  // nobody's: for documentation
  EXPECT_TRUE(is_own("no address"));
}

TEST(Egress, ListedAddressesAndRanges) {
  const EgressRules rules{.allowed = {"8.8.8.8", "9.9.0.0/16", "2606:4700::/32", "127.0.0.1"}};
  EXPECT_TRUE(permits_address(rules, "8.8.8.8", false));
  EXPECT_TRUE(permits_address(rules, "9.9.255.1", false));
  EXPECT_TRUE(permits_address(rules, "2606:4700:1::", false));
  EXPECT_FALSE(permits_address(rules, "8.8.8.9", false));
  EXPECT_FALSE(permits_address(rules, "9.10.0.1", false));
  EXPECT_TRUE(permits_address(rules, "1.1.1.1", true));  // a permitted name led there
  EXPECT_FALSE(permits_address(rules, "127.0.0.1", false));
  EXPECT_TRUE(permits_address({.allowed = {"127.0.0.1"}, .private_too = true}, "127.0.0.1", false));
  for (const char* none : {"a.b", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "::/129", "1.2.3.4/-1", ""}) {
    EXPECT_FALSE(AddressRange::parse(none)) << none;
  }
}

class ProxyTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to force the layout";
    sandbox_ = make_box_sandbox();
  }
  /// What a command says in a box whose proxy has these rules.
  std::string in(const EgressRules& rules, const std::string& script) {
    BoxSpec spec;
    spec.network = Network::proxy;
    spec.egress = rules;
    const auto box = sandbox_->create(spec);
    ExecRequest request;
    request.script = script;
    request.env = {{"PATH", "/usr/bin:/bin"}};
    for (const auto& [name, value] : proxy_environment({Network::proxy, rules})) {
      request.env[name] = value;
    }
    request.timeout = milliseconds(30'000);
    request.merge_stderr = true;
    return box->exec(request).out.bytes;
  }
  /// Python that fetches, by the variables every program goes by.
  std::string fetch(const std::string& url) const {
    return fmt::format(
        "no_proxy= NO_PROXY= python3 -c \"import urllib.request as u; print(u.urlopen('{}', "
        "timeout=20).read().decode())\"",
        url);
  }

  HostServer server_;
  EgressRules here_{.allowed = {"127.0.0.1"}, .private_too = true};
  std::unique_ptr<Sandbox> sandbox_;
};

TEST_F(ProxyTest, WhatIsListedIsReachedAndNothingElse) {
  const std::string url = fmt::format("http://127.0.0.1:{}/", server_.port);
  EXPECT_THAT(in(here_, fetch(url)), HasSubstr("served"));
  EXPECT_EQ(server_.requests, 1);
  EgressRules other = here_;
  other.allowed = {"127.0.0.2"};
  EXPECT_THAT(in(other, fetch(url)), HasSubstr("502"));
  EXPECT_THAT(in({.all = true}, fetch(url)), HasSubstr("502"));  // the host is not public
  EXPECT_THAT(in(here_, fetch("http://elsewhere.example/")), HasSubstr("403"));
  EXPECT_EQ(server_.requests, 1);
}

TEST_F(ProxyTest, TunnelsPassBytesBothWays) {
  const std::string script = fmt::format(
      "python3 - <<'E'\nimport socket\ns = socket.create_connection(('127.0.0.1', 8118), 5)\n"
      "s.sendall(b'CONNECT 127.0.0.1:{} HTTP/1.1\\r\\n\\r\\n')\nprint(s.recv(100))\n"
      "s.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')\nprint(s.recv(1000))\nE\n",
      server_.port);
  EXPECT_THAT(in(here_, script), testing::AllOf(HasSubstr("200"), HasSubstr("served")));
}

TEST_F(ProxyTest, ThereIsNoWayAroundIt) {
  const std::string direct = fmt::format(
      "python3 -c \"import socket; socket.create_connection(('127.0.0.1', {}), 3)\"", server_.port);
  EXPECT_THAT(in(here_, direct), HasSubstr("refused"));
  EXPECT_THAT(in({.all = true},
                 "python3 -c \"import socket; socket.create_connection(('8.8.8.8', 53), 3)\""),
              HasSubstr("unreachable"));
  EXPECT_EQ(server_.requests, 0);
}

TEST_F(ProxyTest, ABoxWhoseCommandReadsNothingEndsAtOnce) {
  const std::string stuck = fmt::format(
      "python3 - <<'E'\nimport socket\nfor i in range(70):\n"
      "  s = socket.create_connection(('127.0.0.1', 8118), 5)\n"
      "  s.sendall(b'CONNECT 127.0.0.1:{} HTTP/1.1\\r\\n')\n  globals()['s%d' % i] = s\n"
      "print('held')\nE\n",
      server_.port);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(in(here_, stuck), HasSubstr("held"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

TEST_F(ProxyTest, AVerifiersNetworkIsNotTheAgents) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder / "tests");
  const std::string url = fmt::format("http://127.0.0.1:{}/", server_.port);
  write_file(folder / "tests/test.sh", "#!/bin/bash\n" + fetch(url) +
                                           " && r=1 || r=0\necho $r > /logs/verifier/reward.txt\n");
  AgentTask task;
  task.id = "t";
  const auto environment = prepare_environment(task, "sha", *sandbox_);
  const auto box = sandbox_->create(environment->on(environment->snapshot));
  ExecRequest request;
  request.script = fetch(url);
  request.env = environment->env;
  EXPECT_FALSE(box->exec(request).ok());
  Limiter graders(1);
  GradingRoom room{*sandbox_, graders, *environment, {}};
  const SnapshotPtr final = box->end();
  const RewardGrading grading{folder / "tests", {}};
  EXPECT_EQ(grade_final_state(final, task, grading, room).outcome, Outcome::unresolved);
  EXPECT_EQ(server_.requests, 0);
  room.network = {Network::proxy, here_};
  const Verdict verdict = grade_final_state(final, task, grading, room);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.evidence;
}

}  // namespace
}  // namespace weir
