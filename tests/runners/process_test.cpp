#include "runners/process.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

TEST(Process, ReturnsOutputAndStatus) {
  const auto result = run_process({.argv = {"sh", "-c", "cat; echo err >&2; exit 3"},
                                   .env = {"A=b"},
                                   .input = "in"});
  EXPECT_EQ(result.out, "in");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_FALSE(result.timed_out);
}

TEST(Process, PassesTheEnvironment) {
  EXPECT_EQ(run_process({.argv = {"sh", "-c", "echo $WEIR_TEST"}, .env = {"WEIR_TEST=yes"}}).out,
            "yes\n");
}

TEST(Process, KillsTheWholeGroupAtTheTimeout) {
  const auto result = run_process(
      {.argv = {"sh", "-c", "sleep 30 & sleep 30"}, .timeout = milliseconds(200)});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 128 + 9);
}

TEST(Process, AMissingProgramIsAValue) {
  EXPECT_EQ(run_process({.argv = {"weir-no-such-program"}}).exit_code, 127);
}

TEST(Process, RunsOnManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&good] {
      for (int j = 0; j < 10; ++j) {
        if (run_process({.argv = {"true"}}).ok()) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace weir
