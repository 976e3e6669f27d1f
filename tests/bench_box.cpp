// What a box costs, against the price of a process: interleaved, medians, each
// ratio of one run. Absolute times are the machine's; the ratios are the claim.

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "runners/sandbox.hpp"
#include "tasks/error.hpp"
#include "tests/extras/test_image.hpp"

extern char** environ;

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

Sandbox& sandbox() {
  static const std::unique_ptr<Sandbox> shared = make_box_sandbox();
  return *shared;
}

double timed(const std::function<void()>& work) {
  const auto began = Clock::now();
  work();
  return Milliseconds(Clock::now() - began).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void spawn(std::vector<const char*> argv) {
  argv.push_back(nullptr);
  pid_t pid = -1;
  ::posix_spawn(&pid, argv[0], nullptr, nullptr, const_cast<char**>(argv.data()), environ);
  ::waitpid(pid, nullptr, 0);
}

ExecRequest script(const std::string& text) {
  ExecRequest request;
  request.script = text;
  request.env = {{"PATH", "/usr/bin:/bin"}};
  request.timeout = std::chrono::minutes(5);
  return request;
}

void must(const ExecResult& result) {
  if (!result.ok())
    throw std::runtime_error("a command failed: " + result.err.bytes + result.message);
}

void report(const char* what, double mine, const char* unit, double bound) {
  fmt::print("{:<64} {:8.2f} {}  (aim: {} {:g} {})\n", what, mine, unit,
             mine <= bound ? "<=" : "MISSED <=", bound, unit);
}

void create_and_exec() {
  std::vector<double> plain;
  std::vector<double> whole;
  std::vector<double> bash;
  std::vector<double> inside;
  const auto live = sandbox().create({});
  ExecRequest just_true;
  just_true.argv = {"/bin/true"};
  for (int i = 0; i < 200; ++i) {
    plain.push_back(timed([] { spawn({"/bin/true"}); }));
    whole.push_back(timed([&] { must(sandbox().create({})->exec(just_true)); }));
    bash.push_back(timed([] { spawn({"/bin/bash", "-c", "true"}); }));
    inside.push_back(timed([&] { must(live->exec(script("true"))); }));
  }
  fmt::print(
      "medians in ms: posix_spawn true {:.2f}, box + true {:.2f}, posix_spawn bash {:.2f}, "
      "bash in a box {:.2f}\n",
      median(plain), median(whole), median(bash), median(inside));
  report("create + true + destroy / posix_spawn true", median(whole) / median(plain), "x ", 12);
  report("bash -c true in a live box / posix_spawn of it", median(inside) / median(bash), "x ",
         1.3);
}

void freeze_and_fork() {
  std::vector<double> first;
  std::vector<double> later;
  std::vector<double> fork;
  for (int round = 0; round < 5; ++round) {
    const auto box = sandbox().create({});
    must(box->exec(
        script("mkdir -p /app/t && cd /app/t && for d in $(seq 64); do mkdir $d; for f in "
               "$(seq 100); do head -c 16384 /dev/zero > $d/$f; done; done")));
    SnapshotPtr snapshot;
    first.push_back(timed([&] { snapshot = box->snapshot(); }));
    for (int i = 0; i < 10; ++i) {
      must(box->exec(script("echo x > /app/x")));
      later.push_back(timed([&] { snapshot = box->snapshot(); }));
      std::unique_ptr<Box> forked;
      fork.push_back(timed([&] { forked = sandbox().create({.from = snapshot}); }));
      must(forked->exec(script("test -e /app/t/64/100")));
    }
  }
  report("freeze 100 MB in 6,400 files and go on, first", median(first), "ms", 25);
  report("freeze and go on, later", median(later), "ms", 8);
  report("fork a ready box from it", median(fork), "ms", 8);
}

double boxes_per_second(int threads) {
  constexpr int kBoxes = 192;
  std::vector<std::jthread> workers;
  const double ms = timed([&] {
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&] {
        for (int i = 0; i < kBoxes / threads; ++i) must(sandbox().create({})->exec(script("true")));
      });
    }
    workers.clear();
  });
  return kBoxes / ms * 1000;
}

void throughput() {
  std::vector<double> two;
  std::vector<double> sixteen;
  for (int i = 0; i < 5; ++i) {
    two.push_back(boxes_per_second(2));
    sixteen.push_back(boxes_per_second(16));
  }
  fmt::print("boxes per second: {:.0f} with 2 in flight, {:.0f} with 16\n", median(two),
             median(sixteen));
  report("throughput of 2 in flight / of 16", median(two) / median(sixteen), "x ", 1.05);
}

/// The peers' way: an engine's command line. Skipped, visibly, where there is none.
void against_podman() {
  std::unique_ptr<Engine> podman;
  try {
    podman = std::make_unique<Engine>(Engine::find("podman"));
    make_test_image(*podman);
  } catch (const InfraError& error) {
    fmt::print("podman: skipped ({})\n", error.what());
    return;
  }
  BoxSpec spec;
  spec.base = std::string("image:") + kTestImage;
  const auto live = sandbox().create(spec);
  std::vector<std::string> start = {"run", "--rm", "--network", "none"};
  for (const auto& flag : podman->run_flags()) start.push_back(flag);
  std::vector<std::string> keep = start;
  keep.insert(keep.end(), {"--detach", "--name", "weir-bench", kTestImage, "sleep", "600"});
  if (!podman->run(keep).ok()) throw std::runtime_error("podman run");
  start.insert(start.end(), {kTestImage, "/bin/true"});
  std::vector<double> run;
  std::vector<double> exec;
  std::vector<double> box;
  std::vector<double> command;
  ExecRequest just_true;
  just_true.argv = {"/bin/true"};
  for (int i = 0; i < 12; ++i) {
    run.push_back(timed([&] { (void)podman->run(start); }));
    box.push_back(timed([&] { must(sandbox().create(spec)->exec(just_true)); }));
    exec.push_back(timed([&] { (void)podman->run({"exec", "weir-bench", "/bin/true"}); }));
    command.push_back(timed([&] { must(live->exec(just_true)); }));
  }
  (void)podman->run({"rm", "--force", "--time", "0", "weir-bench"});
  fmt::print(
      "medians in ms: podman run {:.0f}, box of the same image {:.2f}, podman exec {:.0f}, "
      "command in the box {:.2f}\n",
      median(run), median(box), median(exec), median(command));
  report("25 boxes / podman run", 25 * median(box) / median(run), "x ", 1);
  report("60 commands / podman exec", 60 * median(command) / median(exec), "x ", 1);
}

}  // namespace
}  // namespace weir

int main() {
  weir::create_and_exec();
  weir::freeze_and_fork();
  weir::throughput();
  weir::against_podman();
}
