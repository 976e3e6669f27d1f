// `weir sandbox run`, as its user and her scripts see it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class SandboxRunTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "no boxes here";
  }

  static Ran run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"sandbox", "run"});
    return run_weir(std::move(arguments));
  }
  static json record(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    const Ran ran = run(std::move(arguments));
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return json::parse(ran.out);
  }

  TemporaryFolder folder_;
};

TEST_F(SandboxRunTest, LimitsHoldAndAreNamed) {
  const json oom = record({"--memory", "64M", "--", "python3", "-c", "b = bytearray(300 << 20)"});
  if (::geteuid() != 0) GTEST_SKIP() << "limits per box need root here";
  EXPECT_EQ(oom["status"], "oom");
  EXPECT_LE(oom["memory_peak_bytes"], 65 << 20);
  EXPECT_EQ(run({"--memory", "64M", "--", "python3", "-c", "b = bytearray(300 << 20)"}).exit_code,
            137);
  const json forks = record({"--pids", "20", "--", "bash", "-c",
                             "for i in $(seq 60); do sleep 1 & done 2>/dev/null; wait"});
  EXPECT_GT(forks["pids_denied"], 0);
  const Ran full = run(
      {"--disk", "8M", "--", "bash", "-c", "head -c 20M /dev/zero > /tmp/x; stat -c %s /tmp/x"});
  EXPECT_LE(std::stol(full.out), 8 << 20);
  EXPECT_THAT(full.err, HasSubstr("No space left"));
  const json slow =
      record({"--cpus", "0.25", "--", "timeout", "1", "sh", "-c", "while :; do :; done"});
  EXPECT_LT(slow["cpu_user_ms"].get<int>() + slow["cpu_sys_ms"].get<int>(), 500);
  EXPECT_EQ(run({"--", "head", "-c", "300M", "/dev/zero"}).exit_code, 125);
  EXPECT_EQ(record({"--", "head", "-c", "300M", "/dev/zero"})["status"], "output_limit");
}

TEST_F(SandboxRunTest, TheDiskCapNamesItsMechanism) {
  EXPECT_THAT(record({"--", "true"})["degraded"].dump(), HasSubstr("disk: "));
}

TEST_F(SandboxRunTest, InputEnvironmentAndFoldersGoIn) {
  write_file(folder_ / "f", "from the host\n");
  const Ran ran =
      run({"--env", "A=b", "--workdir", "/tmp", "--ro", folder_.path().string() + ":/in", "--",
           "bash", "-c", "echo $A; pwd; cat /in/f; touch /in/g 2>&1"});
  EXPECT_THAT(ran.out, HasSubstr("b\n/tmp\nfrom the host\n"));
  EXPECT_THAT(ran.out, HasSubstr("Read-only"));
}

TEST_F(SandboxRunTest, ARootfsReplacesTheHost) {
  const Ran made = run({"--", "true"});
  ASSERT_EQ(made.exit_code, 0);
  const std::string build =
      "r=" + folder_.path().string() +
      "; mkdir -p $r/bin $r/tmp $r/proc $r/dev; for p in bash cat; do cp "
      "/bin/$p $r/bin; for l in $(ldd /bin/$p | grep -o '/[^ ]*'); do mkdir -p $r$(dirname $l); "
      "cp -n $l $r$l; done; done; echo inside > $r/marker";
  ASSERT_EQ(std::system(build.c_str()), 0);  // NOLINT: a shell of our own
  const Ran ran = run({"--rootfs", folder_.path().string(), "--", "bash", "-c",
                       "cat /marker; echo x > /new; echo /*"});
  EXPECT_THAT(ran.out, HasSubstr("inside\n"));
  EXPECT_THAT(ran.out, HasSubstr("/new"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
}

TEST_F(SandboxRunTest, AGatewayIsTheOnlyWayOut) {
  const json asked =
      record({"--network", "gateway", "--gateway", "127.0.0.1:1", "--", "bash", "-c",
              "echo $WEIR_GATEWAY_URL ${#WEIR_GATEWAY_TOKEN}; exec 3<>/dev/tcp/127.0.0.1/8080; "
              "printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&3; head -n 1 <&3"});
  EXPECT_THAT(asked["stdout"].get<std::string>(),
              HasSubstr("http://127.0.0.1:8080 32\nHTTP/1.1 401"));
}

TEST_F(SandboxRunTest, WhatIsWrongWithTheFlagsIsSaid) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--memory", "banana", "--", "true"}, "--memory banana: not a size"},
      {{"--memory", "1K", "--", "true"}, "at least 4M"},
      {{"--disk", "lots", "--", "true"}, "--disk lots: not a size"},
      {{"--cpus", "0", "--", "true"}, "cpus"},
      {{"--cpus", "-1", "--", "true"}, "cpus"},
      {{"--pids", "0", "--", "true"}, "pids"},
      {{"--timeout", "soon", "--", "true"}, "not a duration"},
      {{"--env", "NOVALUE", "--", "true"}, "NAME=value"},
      {{"--ro", "/nowhere", "--", "true"}, "SRC:DST"},
      {{"--network", "gateway", "--", "true"}, "--gateway"},
      {{"--network", "open", "--", "true"}, "--image"},
      {{"--rootfs", "/tmp", "--image", "x", "--", "true"}, "excludes"}};
  for (const auto& [arguments, message] : cases) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 2) << message;
    EXPECT_THAT(ran.err + ran.out, HasSubstr(message));
  }
}

TEST_F(SandboxRunTest, WhatIsMissingIsNamedWithItsCure) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--rootfs", "/no/such", "--", "true"}, "/no/such is not a rootfs folder"},
      {{"--rootfs", folder_.path().string(), "--", "true"}, "is empty"},
      {{"--ro", "/no/such:/in", "--", "true"}, "/no/such, to be bound at /in, is not there"},
      {{"--image", "localhost/none:1", "--", "true"}, "podman"}};
  for (const auto& [arguments, message] : cases) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 125) << message;
    EXPECT_THAT(ran.err, HasSubstr(message));
  }
}

}  // namespace
}  // namespace weir
