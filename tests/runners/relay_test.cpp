// The one way out of a box with a gateway.

#include "runners/relay.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/runners/host_server.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

TEST(ShowsToken, AsBearerOrApiKeyWhateverTheCase) {
  EXPECT_TRUE(shows_token("GET / HTTP/1.1\r\nAuthorization: Bearer abc\r\n", "abc"));
  EXPECT_TRUE(shows_token("GET / HTTP/1.1\r\nauthorization:bearer abc\r\n", "abc"));
  EXPECT_TRUE(shows_token("POST /v1 HTTP/1.1\r\nHost: x\r\nX-Api-Key: abc\r\n", "abc"));
}

TEST(ShowsToken, NothingElseIsTaken) {
  for (const char* head :
       {"", "GET / HTTP/1.1\r\n", "Authorization: Bearer abcd\r\n", "Authorization: Bearer ab\r\n",
        "Authorization: Basic abc\r\n", "X-Api-Key:\r\n abc\r\n", "X-Other: abc\r\n",
        "GET /?x-api-key=abc HTTP/1.1\r\n", "Authorization Bearer abc\r\n"}) {
    EXPECT_FALSE(shows_token(head, "abc")) << head;
  }
}

class GatewayTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to force the layout";
    sandbox_ = make_box_sandbox();
    BoxSpec spec;
    spec.network = Network::gateway;
    spec.gateway = {fmt::format("127.0.0.1:{}", target_.port), "s3cret"};
    box_ = sandbox_->create(spec);
  }

  std::string python(const std::string& body) {
    ExecRequest request;
    request.script =
        "python3 - <<'E'\nimport socket, time\ndef ask(text, port=8080):\n"
        "  s = socket.create_connection(('127.0.0.1', port), 5); s.sendall(text.encode())\n"
        "  out = b''\n  while True:\n    got = s.recv(4096)\n    if not got: break\n    out += "
        "got\n"
        "  return out.decode()\n" +
        body + "\nE\n";
    request.timeout = milliseconds(30'000);
    request.merge_stderr = true;
    return box_->exec(request).out.bytes;
  }

  HostServer target_;
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Box> box_;
};

TEST_F(GatewayTest, TheTokenOpensTheOneTarget) {
  EXPECT_THAT(python("print(ask('GET / HTTP/1.1\\r\\nAuthorization: Bearer s3cret\\r\\n\\r\\n'))"),
              HasSubstr("served"));
  EXPECT_EQ(target_.requests, 1);
}

TEST_F(GatewayTest, WithoutTheTokenNothingReachesIt) {
  EXPECT_THAT(python("print(ask('GET / HTTP/1.1\\r\\nAuthorization: Bearer guess\\r\\n\\r\\n'))"),
              HasSubstr("401"));
  EXPECT_THAT(
      python("print(ask('GET / HTTP/1.1\\r\\n\\r\\nAuthorization: Bearer s3cret\\r\\n\\r\\n'))"),
      HasSubstr("401"));
  EXPECT_EQ(target_.requests, 0);
}

TEST_F(GatewayTest, EverythingElseStaysOutOfReach) {
  EXPECT_THAT(python(fmt::format("print(ask('x', {}))", target_.port)), HasSubstr("refused"));
  EXPECT_THAT(python("socket.create_connection(('192.0.2.1', 80), 2)"), HasSubstr("Error"));
}

TEST_F(GatewayTest, SilentAndEndlessConnectionsDoNotShutOutOthersForEver) {
  EXPECT_THAT(
      python("keep = [socket.create_connection(('127.0.0.1', 8080), 5) for _ in range(150)]\n"
             "try: keep[0].sendall(b'x' * 10_000_000)\nexcept OSError: pass\n"
             "print(ask('GET / HTTP/1.1\\r\\nx-api-key: s3cret\\r\\n\\r\\n'))"),
      HasSubstr("served"));
}

TEST_F(GatewayTest, ASnapshotKeepsTheWayOut) {
  ExecRequest request;
  request.script = "echo x > /app/x";
  (void)box_->exec(request);
  ASSERT_TRUE(box_->snapshot());
  EXPECT_THAT(python("print(ask('GET / HTTP/1.1\\r\\nx-api-key: s3cret\\r\\n\\r\\n'))"),
              HasSubstr("served"));
}

}  // namespace
}  // namespace weir
