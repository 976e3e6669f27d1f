// Services in containers, with a real podman; skipped, visibly, without one.

#include "runners/pod/pod.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <thread>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tests/extras/podman_test.hpp"
#include "tests/extras/test_image.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A task whose boxes are all of the test image: files and names, since it has no servers.
class PodOfImages : public PodmanTest {
 protected:
  void SetUp() override {
    PodmanTest::SetUp();
    if (IsSkipped()) return;
    make_test_image(*engine_);
    put("task.toml", std::string("[environment]\ndocker_image = \"") + kTestImage + "\"\n");
    put("instruction.md", "do it\n");
    put("tests/test.sh", "true\n");
    put("environment/docker-compose.yaml",
        std::string("services:\n  main:\n    volumes: ['v:/mnt']\n    depends_on: {a: {condition: "
                    "service_healthy}}\n  a:\n    container_name: fixed\n    image: ") +
            kTestImage +
            "\n    command: [sh, -c, 'echo $$GREETING > /app/said; echo from-a > /v/f; sleep 600']\n"
            "    user: root\n    volumes: ['v:/v']\n"
            "    healthcheck: {test: [CMD, cat, /v/f], interval: 1s, retries: 30}\n"
            "volumes: {v: }\n");
    task_ = load_suite(folder_ / "pod").tasks.at(0);
    ASSERT_EQ(task_.defect + task_.unsupported, "");
  }
  void put(const std::string& name, const std::string& text) const {
    const fs::path file = folder_ / "pod" / name;
    fs::create_directories(file.parent_path());
    write_file(file, text);
  }
  /// The pod, and the box of whoever acts.
  void begin(Sandbox& sandbox) {
    EnvironmentCache cache(sandbox, 4, "declared");
    own_ = cache.get(task_);
    services_ = {cache.get(service_task(task_, task_.shown.services.beside.at(0)))};
    pod_ =
        std::make_unique<Pod>(Pod::Parts{task_.shown, sandbox, services_, own_, Network::none, {}});
    box_ = pod_->create(own_->on(own_->snapshot));
  }
  std::string in(const std::string& command) {
    ExecRequest request;
    request.script = command;
    request.env = own_->env;
    request.merge_stderr = true;
    return box_->exec(request).out.bytes;
  }
  std::string containers() const { return engine_->run({"ps", "--all", "--quiet"}).out; }

  TemporaryFolder folder_;
  Task task_;
  EnvironmentPtr own_;
  std::vector<EnvironmentPtr> services_;
  std::unique_ptr<Pod> pod_;
  std::unique_ptr<Box> box_;
};

TEST_F(PodOfImages, RunsInBoxes) {
  const auto sandbox = make_box_sandbox();
  begin(*sandbox);
  EXPECT_EQ(in("cat /mnt/f"), "from-a\n");
  EXPECT_THAT(in("cat /etc/hosts"), HasSubstr("127.0.0.1 fixed\n"));
  EXPECT_EQ(pod_->find("a")->box().get("/app/said", 100), "hello\n");
  box_.reset();
  pod_.reset();
}

TEST_F(PodOfImages, RunsInContainersThatGoWithIt) {
  const auto sandbox = make_oci_sandbox("podman");
  begin(*sandbox);
  EXPECT_EQ(in("cat /mnt/f"), "from-a\n");
  EXPECT_THAT(in("cat /etc/hosts"), HasSubstr("127.0.0.1 fixed\n"));
  EXPECT_EQ(pod_->find("a")->box().get("/app/said", 100), "hello\n");
  const SnapshotPtr files = box_->end();
  box_ = pod_->create(own_->on(files));
  EXPECT_EQ(in("cat /mnt/f"), "from-a\n");
  box_.reset();
  pod_.reset();
  EXPECT_EQ(containers(), "");
}

TEST_F(PodOfImages, ContainersOfAProgramThatWasKilledGo) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto sandbox = make_oci_sandbox("podman");
    begin(*sandbox);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  for (int look = 0; look < 100 && !containers().empty(); ++look) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(containers(), "");
}

}  // namespace
}  // namespace weir
