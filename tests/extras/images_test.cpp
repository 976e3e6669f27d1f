// Images and containers, with a real podman; skipped, visibly, without one.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "runners/environment.hpp"
#include "runners/oci/engine.hpp"
#include "runners/process.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/extras/podman_test.hpp"
#include "tests/extras/test_image.hpp"
#include "tests/runners/host_server.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kName = kTestImage;

class ImagesTest : public PodmanTest {
 protected:
  void SetUp() override {
    PodmanTest::SetUp();
    if (IsSkipped()) return;
    make_test_image(*engine_);
  }

  static ExecRequest script(const std::string& text) {
    ExecRequest request;
    request.script = text;
    request.env = {{"PATH", "/bin"}};
    return request;
  }

  BoxSpec spec() const {
    BoxSpec spec;
    spec.base = std::string("image:") + kName;
    return spec;
  }
};

TEST_F(ImagesTest, AnImageSaysWhatItIs) {
  const Image image = engine_->inspect(kName);
  EXPECT_THAT(image.id, HasSubstr("sha256:"));
  EXPECT_EQ(image.workdir, "/app");
  EXPECT_EQ(image.user, "agent");
  EXPECT_EQ(image.env.at("GREETING"), "hello");
  EXPECT_EQ(image.architecture, host_architecture());
  EXPECT_FALSE(image.layers.empty());
}

TEST_F(ImagesTest, ABoxStartsFromAnImageAndLeavesItAsItWas) {
  const auto sandbox = make_box_sandbox();
  const auto box = sandbox->create(spec());
  ExecRequest request = script("rm /bin/ls");
  request.user = "agent";
  EXPECT_THAT(box->exec(request).err.bytes, HasSubstr("/bin/ls"));  // not agent's to remove
  EXPECT_TRUE(box->exec(script("rm /bin/ls")).ok());
  EXPECT_EQ(sandbox->create(spec())->exec(script("ls /app")).out.bytes, "");
}

TEST_F(ImagesTest, AMissingImageNamesTheCommandThatGetsIt) {
  const auto sandbox = make_box_sandbox();
  BoxSpec missing;
  missing.base = "image:localhost/not-there:9";
  try {
    (void)sandbox->create(missing);
    FAIL();
  } catch (const InfraError& error) {
    EXPECT_THAT(error.what(), HasSubstr("weir image pull localhost/not-there:9"));
  }
}

TEST_F(ImagesTest, ADockerfileIsBuiltWithoutANetwork) {
  const TemporaryFolder folder;
  write_file(folder / "extra", "from the context\n");
  write_file(folder / "Dockerfile",
             std::string("FROM ") + kName +
                 "\nUSER root\nWORKDIR /build\nCOPY extra /build/\nRUN cat extra > made\n");
  AgentTask task;
  task.id = "t";
  task.environment.build_context = folder.path();
  const auto sandbox = make_box_sandbox();
  const auto built = prepare_environment(task, "sha", *sandbox, "declared");
  EXPECT_EQ(built->workdir, "/build");
  EXPECT_EQ(built->env.at("GREETING"), "hello");
  EXPECT_THAT(built->base, HasSubstr("sha256:"));
  const auto box = sandbox->create({.from = built->snapshot});
  EXPECT_EQ(box->exec(script("cat /build/made")).out.bytes, "from the context\n");
}

TEST_F(ImagesTest, AFailingDockerfileShowsItsLog) {
  const TemporaryFolder folder;
  write_file(folder / "Dockerfile",
             std::string("FROM ") + kName + "\nUSER root\nRUN echo the cause >&2; exit 3\n");
  try {
    (void)engine_->build({.folder = folder.path()});
    FAIL();
  } catch (const InfraError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the cause"));
  }
}

TEST_F(ImagesTest, ContainersRunCommandsThroughWeirsInit) {
  const auto sandbox = make_oci_sandbox("podman");
  const auto box = sandbox->create(spec());
  EXPECT_EQ(box->exec(script("exit 7")).exit_code, 7);
  EXPECT_EQ(box->exec(script("kill -SEGV $$")).signal, SIGSEGV);
  ExecRequest slow = script("(sleep 100 &); trap '' TERM; sleep 100");
  slow.timeout = milliseconds(300);
  EXPECT_EQ(box->exec(slow).status, ExecStatus::timeout);
  EXPECT_EQ(box->live_processes(), 0);
  box->put("in", "/app/f", 0644);
  EXPECT_EQ(box->get("/app/f", 9), "in");
  EXPECT_THAT(box->exec(script("cat /.weir/init > /.weir/x")).err.bytes, HasSubstr("Read-only"));
}

TEST_F(ImagesTest, ContainersSnapshotRestoreAndForkByCommits) {
  const auto sandbox = make_oci_sandbox("podman");
  const auto box = sandbox->create(spec());
  ASSERT_TRUE(box->exec(script("echo one > /app/f")).ok());
  const SnapshotPtr first = box->snapshot();
  ASSERT_TRUE(box->exec(script("echo two > /app/f; echo x > /app/g")).ok());
  const SnapshotPtr second = box->snapshot();
  EXPECT_EQ(sandbox->touched(second, first, {"/app/f", "/bin/ls"}),
            std::vector<std::string>{"/app/f"});
  box->restore(first);
  EXPECT_EQ(box->exec(script("cat /app/f; ls /app")).out.bytes, "one\nf\n");
  EXPECT_EQ(sandbox->create({.from = second})->exec(script("cat /app/f")).out.bytes, "two\n");
}

// An engine takes an image's unnamed parents with it when it goes, unless told not to.
TEST_F(ImagesTest, ASnapshotStaysWhenWhatWasMadeOfItGoes) {
  const auto sandbox = make_oci_sandbox("podman");
  const auto grow = [&](const BoxSpec& from, const std::string& file) {
    const auto box = sandbox->create(from);
    EXPECT_TRUE(box->exec(script("echo > /app/" + file)).ok());
    return box->end();
  };
  const SnapshotPtr built = grow(spec(), "built");
  for (const char* trial : {"one", "two"}) {
    const SnapshotPtr left = grow({.from = built}, trial);
    EXPECT_THAT(sandbox->touched(left, built, {"/app/*"}),
                testing::ElementsAre(std::string("/app/") + trial));
  }
  EXPECT_EQ(sandbox->create({.from = built})->exec(script("ls /app")).out.bytes, "built\n");
}

TEST_F(ImagesTest, ContainersHaveTheGatewayToo) {
  const auto sandbox = make_oci_sandbox("podman");
  BoxSpec gated = spec();
  gated.network = Network::gateway;
  gated.gateway = {"127.0.0.1:1", "s3cret"};
  const auto asked = sandbox->create(gated)->exec(script(
      "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&3; head -n 1 <&3"));
  EXPECT_THAT(asked.out.bytes, HasSubstr("401"));
}

TEST_F(ImagesTest, ContainersReachWhatTheProxyLetsThroughAndNothingElse) {
  HostServer server;
  const auto sandbox = make_oci_sandbox("podman");
  const auto asked = [&](const std::string& listed, const std::string& to) {
    BoxSpec proxied = spec();
    proxied.network = Network::proxy;
    proxied.egress = {.all = false, .allowed = {listed}, .private_too = true};
    const auto box = sandbox->create(proxied);
    return box->exec(script(to)).out.bytes;
  };
  const std::string by_proxy = fmt::format(
      "exec 3<>/dev/tcp/127.0.0.1/8118; printf 'GET http://127.0.0.1:{}/ HTTP/1.1\\r\\n\\r\\n' >&3; "
      "while read -r -t 5 line <&3; do echo \"$line\"; done; echo \"$line\"",
      server.port);
  EXPECT_THAT(asked("127.0.0.1", by_proxy), HasSubstr("served"));
  EXPECT_EQ(server.requests, 1);
  EXPECT_THAT(asked("127.0.0.2", by_proxy), HasSubstr("502"));
  EXPECT_EQ(asked("127.0.0.1", fmt::format("(exec 3<>/dev/tcp/127.0.0.1/{0}) && echo around; "
                                           "(exec 3<>/dev/tcp/203.0.113.80/80) && echo around",
                                           server.port)),
            "");
  EXPECT_EQ(server.requests, 1);
}

TEST_F(ImagesTest, ContainersOfAProgramThatWasKilledGo) {
  const std::string weir = WEIR_BINARY;
  (void)run_process({.argv = {"timeout", "-s", "KILL", "3", weir, "sandbox", "run", "--image",
                              kName, "--network", "open", "--", "sleep", "600"}});
  for (int look = 0; look < 50 && !engine_->run({"ps", "--all", "--quiet"}).out.empty(); ++look) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(engine_->run({"ps", "--all", "--quiet"}).out, "");
}

TEST_F(ImagesTest, ContainersLeaveNothing) {
  {
    const auto sandbox = make_oci_sandbox("podman");
    const auto box = sandbox->create(spec());
    (void)box->exec(script("sleep 100 & echo x > /app/f"));
    (void)box->end();
  }
  EXPECT_EQ(engine_->run({"ps", "--all", "--quiet"}).out, "");
}

}  // namespace
}  // namespace weir
