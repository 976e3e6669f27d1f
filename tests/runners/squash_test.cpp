// Squashed layers must show the same files, whatever was done to them.

#include "runners/box/squash.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include "runners/box/layers.hpp"

namespace weir {
namespace {

using box::LayerStack;

class SquashTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to force the layout";
    sandbox_ = make_box_sandbox();
    box_ = sandbox_->create({});
  }

  static std::string run(Box& box, const std::string& script) {
    ExecRequest request;
    request.script = script;
    request.merge_stderr = true;
    return box.exec(request).out.bytes;
  }

  /// Everything under the folders the tests change: kinds, modes, owners, contents.
  std::string listing(const SnapshotPtr& snapshot) {
    const auto box = sandbox_->create({.from = snapshot});
    return run(*box,
               "cd / && find app etc/ssl usr/share/doc/bash usr/share/perl5 -printf '%p %y %m "
               "%U:%G %l %n\\n' | "
               "sed '/ d /s/ [0-9]*$//' | sort; find app etc/ssl usr/share/perl5 -type f | sort | "
               "xargs -d '\\n' "
               "sha256sum | sha256sum");
  }

  std::shared_ptr<const LayerStack> stack_of(const SnapshotPtr& snapshot) {
    return std::dynamic_pointer_cast<const LayerStack>(snapshot);
  }

  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Box> box_;
};

TEST_F(SquashTest, WhatWasHiddenStaysHidden) {
  for (const char* step :
       {"mkdir -p /app/d/e; echo one > /app/d/f; rm -rf /etc/ssl/certs",
        "rm -rf /app/d; mkdir /app/d; echo two > /app/d/g",
        "mkdir -p /etc/ssl/certs; echo x > /etc/ssl/certs/mine",
        "rm /app/d/g; mkdir /app/d/g; touch /app/d/g/h",
        "rm -rf /app/d/g; ln -s /etc /app/d/g; chmod 705 /app/d; chown 7:8 /app/d"}) {
    (void)run(*box_, step);
    ASSERT_TRUE(box_->snapshot());
  }
  const SnapshotPtr before = box_->snapshot();
  const auto squashed = box::squashed(*stack_of(before));
  EXPECT_EQ(squashed->layers.size(), 1U);
  EXPECT_EQ(listing(squashed), listing(before));
  EXPECT_EQ(
      run(*sandbox_->create({.from = squashed}), "ls /etc/ssl/certs /app/d; cat /app/d/f 2>&1"),
      "/app/d:\ng\n\n/etc/ssl/certs:\nmine\ncat: /app/d/f: No such file or directory\n");
}

TEST_F(SquashTest, LayersThatMovedFoldersStay) {
  for (const char* step : {"echo a > /app/a", "echo b > /app/b",
                           "mv /usr/share/perl5 /usr/share/perl6; mv /etc/ssl /etc/tls",
                           "echo c > /app/c", "echo d > /etc/tls/d"}) {
    (void)run(*box_, step);
    ASSERT_TRUE(box_->snapshot());
  }
  const SnapshotPtr before = box_->snapshot();
  const auto squashed = box::squashed(*stack_of(before));
  EXPECT_EQ(squashed->layers.size(), 3U);
  const std::string look =
      "ls /app /etc/tls /usr/share/perl6 | sha256sum; cat /app/a /etc/tls/d; ls /etc/ssl "
      "/usr/share/perl5 2>&1";
  EXPECT_EQ(run(*sandbox_->create({.from = squashed}), look),
            run(*sandbox_->create({.from = before}), look));
}

TEST_F(SquashTest, RandomHistoriesShowTheSameFiles) {
  boost::random::mt19937 random(7);
  const auto pick = [&](int n) {
    return boost::random::uniform_int_distribution<int>(0, n - 1)(random);
  };
  const char* places[] = {"/app/x",
                          "/app/x/y",
                          "/app/z",
                          "/app/x/y/w",
                          "/etc/ssl",
                          "/etc/ssl/certs",
                          "/usr/share/doc/bash",
                          "/usr/share/perl5"};
  for (int step = 0; step < 60; ++step) {
    const std::string a = places[pick(8)];
    const std::string b = places[pick(8)];
    const std::string scripts[] = {
        fmt::format("mkdir -p {} && echo {} > {}/f{}", a, step, a, pick(4)),
        fmt::format("rm -rf {}", a),
        fmt::format("rm -rf {0}; mkdir -p {0}; echo new > {0}/n", a),
        fmt::format("rm -rf {0}; echo file > {0}", a),
        fmt::format("ln {0}/f1 {1}/l{2}", a, b, step),
        fmt::format("chmod 7{}1 {}", pick(8), a),
        fmt::format("mv {0}/f1 {1}/m{2}", a, b, step),
        fmt::format("ln -s {0} {1}/s{2}", a, b, step),
        fmt::format("chown -R {}:{} {}", pick(9), pick(9), a),
        fmt::format("find {} -name 'a*' -delete", a)};
    (void)run(*box_, scripts[pick(10)]);
    ASSERT_TRUE(box_->snapshot()) << step;
  }
  const SnapshotPtr before = box_->snapshot();
  const auto squashed = box::squashed(*stack_of(before));
  EXPECT_LE(squashed->layers.size(), 2U);
  EXPECT_EQ(listing(squashed), listing(before));
}

TEST_F(SquashTest, ALongTrajectoryStaysShallow) {
  for (int i = 0; i < 300; ++i) {
    (void)run(*box_, fmt::format("echo {} > /app/f{}", i, i % 40));
    ASSERT_TRUE(box_->snapshot()) << i;
  }
  EXPECT_LT(stack_of(box_->snapshot())->layers.size(), box::kSquashAt + 2);
  EXPECT_EQ(run(*box_, "cat /app/f19 /app/f20; ls /app | wc -l"), "299\n260\n40\n");
}

}  // namespace
}  // namespace weir
