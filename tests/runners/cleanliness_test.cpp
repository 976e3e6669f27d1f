// Boxes leave nothing: no process, mount, control group, descriptor, folder.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "runners/process.hpp"
#include "runners/sandbox.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;

long entries(const fs::path& folder, const std::string& prefix = "") {
  long count = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().rfind(prefix, 0) == 0) ++count;
  }
  return count;
}

/// What boxes of this process could leave on the host.
std::map<std::string, long> traces() {
  std::map<std::string, long> found;
  found["descriptors"] = entries("/proc/self/fd");
  std::ifstream mounts("/proc/self/mountinfo");
  found["mounts"] = std::count(std::istreambuf_iterator<char>(mounts), {}, '\n');
  const std::string ours = "weir-" + std::to_string(::getpid()) + "-";
  for (const auto* hierarchy : {"memory", "pids", "cpu", "cpuacct", "unified", ""}) {
    found[std::string("groups in ") + hierarchy] =
        entries(fs::path("/sys/fs/cgroup") / hierarchy, ours);
  }
  for (const auto* scratch : {"/dev/shm", "/var/tmp"})
    found[scratch] = entries(scratch, "weir-box-");
  const ProcessResult pids = run_process({.argv = {"pgrep", "-cf", "^weir-spawner"}});
  found["processes"] = std::atol(pids.out.c_str());
  return found;
}

/// Deletion goes on in the background for a moment.
testing::AssertionResult leaves(const std::map<std::string, long>& before) {
  std::string more;
  for (int look = 0; look < 100; ++look) {
    more.clear();
    for (const auto& [what, count] : traces()) {
      if (count > before.at(what)) more += what + " ";
    }
    if (more.empty()) return testing::AssertionSuccess();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return testing::AssertionFailure() << "left: " << more;
}

ExecRequest script(const std::string& text) {
  ExecRequest request;
  request.script = text;
  return request;
}

class CleanlinessTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    sandbox_ = make_box_sandbox();
  }
  std::unique_ptr<Sandbox> sandbox_;
};

TEST_F(CleanlinessTest, AThousandCyclesLeaveNothing) {
  const auto before = traces();
  for (int i = 0; i < 1000; ++i) {
    const auto box = sandbox_->create({});
    ASSERT_TRUE(box->exec(script("echo x > /app/x; sleep 100 >/dev/null 2>&1 & true")).ok()) << i;
    if (i % 50 == 0) {
      const SnapshotPtr end = box->end();
      (void)sandbox_->create({.from = end})->exec(script("true"));
    }
  }
  EXPECT_TRUE(leaves(before));
}

TEST_F(CleanlinessTest, AHundredBoxesAtOnceLeaveNothing) {
  const auto before = traces();
  std::atomic<int> good{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 10; ++t) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<Box>> boxes;
      for (int i = 0; i < 10; ++i) boxes.push_back(sandbox_->create({}));
      for (const auto& box : boxes)
        good += box->exec(script("mkdir /app/d; sleep 100 & true")).ok() ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 100);
  EXPECT_TRUE(leaves(before));
}

TEST_F(CleanlinessTest, AKilledProgramsBoxesDieAndItsGroupsAreSwept) {
  const auto before = traces();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto own = make_box_sandbox();
    const auto box = own->create({});
    (void)box->exec(script("sleep 4242 & true"));
    [[maybe_unused]] const auto wrote = ::write(ready[1], "r", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  for (int look = 0; look < 100 && run_process({.argv = {"pgrep", "-f", "sleep 4242"}}).ok();
       ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(run_process({.argv = {"pgrep", "-f", "sleep 4242"}}).ok());
  { const auto next = make_box_sandbox(); }  // sweeps
  const std::string theirs = "weir-" + std::to_string(child) + "-";
  for (const auto* hierarchy : {"memory", "pids", "cpu", "cpuacct", "unified", ""}) {
    EXPECT_EQ(entries(fs::path("/sys/fs/cgroup") / hierarchy, theirs), 0) << hierarchy;
  }
  EXPECT_TRUE(leaves(before));
}

}  // namespace
}  // namespace weir
