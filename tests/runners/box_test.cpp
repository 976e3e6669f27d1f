// The real box on the real kernel: needs root; skipped, visibly, without.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "runners/box/capture.hpp"
#include "runners/sandbox.hpp"
#include "tasks/error.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::Not;

class BoxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0) sandbox_ = make_box_sandbox().release();
  }
  static void TearDownTestSuite() {
    delete sandbox_;
    sandbox_ = nullptr;
  }
  void SetUp() override {
    if (sandbox_ == nullptr) GTEST_SKIP() << "boxes need root";
    box_ = sandbox_->create({});
  }

  ExecResult run(const std::string& script, milliseconds timeout = milliseconds(20'000)) {
    ExecRequest request;
    request.script = script;
    request.timeout = timeout;
    request.env = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                   {"HOME", "/root"}};
    return box_->exec(request);
  }

  static Sandbox* sandbox_;
  std::unique_ptr<Box> box_;
};
Sandbox* BoxTest::sandbox_ = nullptr;

TEST_F(BoxTest, TellsExitsApart) {
  EXPECT_EQ(run("exit 7").exit_code, 7);
  EXPECT_EQ(run("exit 137").status, ExecStatus::exited);
  const auto killed = run("kill -SEGV $$");
  EXPECT_EQ(killed.status, ExecStatus::signaled);
  EXPECT_EQ(killed.signal, SIGSEGV);
  EXPECT_EQ(run("no-such-command").exit_code, 127);
  ExecRequest missing;
  missing.argv = {"/no/such/program"};
  EXPECT_EQ(box_->exec(missing).exit_code, 127);
}

TEST_F(BoxTest, SharedMemoryIsAsAliveAsAProcess) {
  const SnapshotPtr before = box_->snapshot();
  ASSERT_TRUE(before);
  ASSERT_TRUE(run("echo y > /dev/shm/y").ok());
  EXPECT_FALSE(box_->snapshot());  // it would be gone
  EXPECT_EQ(run("cat /dev/shm/y").out.bytes, "y\n");
  box_->restore(before);
  EXPECT_FALSE(run("cat /dev/shm/y").ok());
}

TEST_F(BoxTest, KeepsTheStreamsApartOrTogether) {
  const auto apart = run("echo out; echo err >&2");
  EXPECT_EQ(apart.out.bytes, "out\n");
  EXPECT_EQ(apart.err.bytes, "err\n");
  ExecRequest request;
  request.script = "echo a; echo b >&2; cat";
  request.stdin_bytes = "c\n";
  request.merge_stderr = true;
  EXPECT_EQ(box_->exec(request).out.bytes, "a\nb\nc\n");
}

TEST_F(BoxTest, ATimeoutEndsTheWholeTree) {
  const auto result = run("(setsid sleep 50 &) ; (sleep 50 &) ; trap '' TERM; sleep 50",
                          milliseconds(300));
  EXPECT_EQ(result.status, ExecStatus::timeout);
  EXPECT_EQ(run("pgrep sleep").exit_code, 1);  // nothing is left, the box goes on
  EXPECT_LT(result.wall, milliseconds(20'000));
}

TEST_F(BoxTest, ServicesSurviveBetweenCommandsAndNotTheBox) {
  EXPECT_EQ(run("sleep 60 & echo started").leftover_processes, 1);
  EXPECT_EQ(box_->live_processes(), 1);
  EXPECT_EQ(run("pgrep -c sleep").out.bytes, "1\n");
}

TEST_F(BoxTest, DoesNotWaitForAPipeHolder) {
  const auto result = run("sleep 60 & echo done");
  EXPECT_EQ(result.out.bytes, "done\n");
  EXPECT_LT(result.wall, milliseconds(20'000));
}

TEST_F(BoxTest, OutputIsCappedAndARunawayIsStopped) {
  ExecRequest request;
  request.script = "seq 1 1000000";
  request.caps = {100, 100, 64 << 20};
  const auto capped = box_->exec(request);
  EXPECT_TRUE(capped.ok());
  EXPECT_TRUE(capped.out.truncated);
  EXPECT_EQ(capped.out.total, 6888896);
  EXPECT_THAT(capped.out.bytes, HasSubstr("bytes left out"));
  EXPECT_THAT(capped.out.bytes, testing::EndsWith("1000000\n"));
  request.script = "yes";
  request.caps.kill = 1 << 20;
  EXPECT_EQ(box_->exec(request).status, ExecStatus::output_limit);
  EXPECT_TRUE(run("true").ok());
}

TEST_F(BoxTest, AStopEndsACommandAtOnce) {
  std::stop_source stop;
  ExecRequest request;
  request.script = "sleep 50";
  request.stop = stop.get_token();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stop.request_stop();
  });
  EXPECT_LT(box_->exec(request).wall, milliseconds(10'000));
}

TEST_F(BoxTest, TheHostIsOutOfReach) {
  EXPECT_EQ(run("id -u").out.bytes, "0\n");
  EXPECT_THAT(run("cat /proc/self/uid_map").out.bytes, Not(testing::ContainsRegex("^ *0 +0 ")));
  EXPECT_EQ(run("ls -A /root /home /run /tmp /var/tmp | grep -v :").out.bytes, "\n\n\n\n");
  EXPECT_FALSE(run("echo x > /proc/sys/kernel/core_pattern").ok());
  EXPECT_FALSE(run("mount -t tmpfs none /mnt").ok());
  EXPECT_FALSE(run("mknod /dev/sda b 8 0").ok());
  EXPECT_FALSE(run("cat /proc/1/environ").ok());
  EXPECT_FALSE(run("unshare -U true").ok());
  EXPECT_EQ(run("ls /proc | grep -c '^[0-9]'").out.bytes.size(), 2U);  // a handful of its own
}

TEST_F(BoxTest, SocketFamiliesAreRefusedWhateverTheirHighBits) {
  EXPECT_EQ(run("python3 -c \"import ctypes; l=ctypes.CDLL(None); print([l.syscall(41, "
                "ctypes.c_long(f), 1, 0) for f in (40, (1<<32)|40, 17, (1<<32)|17)])\"")
                .out.bytes,
            "[-1, -1, -1, -1]\n");
}

TEST_F(BoxTest, AStormOfForksIsKilledAndTheBoxLivesOn) {
  box_->put("import os, signal\nfor s in range(1, 32):\n  try: signal.signal(s, signal.SIG_IGN)\n"
            "  except OSError: pass\nwhile True:\n  try:\n    if os.fork() == 0: os.setsid()\n"
            "  except OSError: pass\n",
            "/app/storm.py");
  const auto result = run("sleep 60 & timeout 60 python3 /app/storm.py", milliseconds(700));
  EXPECT_EQ(result.status, ExecStatus::timeout);
  EXPECT_TRUE(run("true").ok());
  EXPECT_EQ(box_->live_processes(), 0);
}

TEST_F(BoxTest, ManyQuestionsLeakNoDescriptors) {
  for (int i = 0; i < 1500; ++i) (void)box_->live_processes();
  EXPECT_EQ(run("echo still here").out.bytes, "still here\n");
}

TEST_F(BoxTest, HostPathsAreBoundReadOnly) {
  const TemporaryFolder folder;
  std::ofstream(folder / "f") << "data";
  // Where ids cannot be shifted (tmpfs before Linux 6.3) it is nobody's in the box.
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  BoxSpec spec;
  spec.read_only = {{folder.path(), "/in/side"}, {folder / "f", "/in/file"}};
  box_ = sandbox_->create(spec);
  EXPECT_EQ(run("cat /in/side/f /in/file; echo x > /in/file || echo refused").out.bytes,
            "datadatarefused\n");
}

TEST_F(BoxTest, WhatChangedSinceASnapshotIsKnown) {
  const SnapshotPtr before = box_->snapshot();
  ASSERT_TRUE(run("echo x > /usr/bin/bash2; cp /bin/true /usr/local/bin/rm; echo y > /etc/x").ok());
  const SnapshotPtr after = box_->snapshot();
  EXPECT_EQ(sandbox_->touched(after, before, {"/usr/bin/bash", "/usr/local/bin/rm", "/etc/x"}),
            (std::vector<std::string>{"/usr/local/bin/rm", "/etc/x"}));
}

TEST_F(BoxTest, ThereIsNoNetworkButLoopback) {
  EXPECT_EQ(run("ls /sys/class/net 2>/dev/null; cat /proc/net/dev | grep -c :").out.bytes, "1\n");
  EXPECT_FALSE(run("timeout 2 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'").ok());
  EXPECT_TRUE(run("python3 - <<'E'\nimport socket\ns=socket.socket();s.bind(('127.0.0.1',0));"
                  "s.listen();c=socket.create_connection(s.getsockname())\nE").ok());
}

TEST_F(BoxTest, NothingOfTheHostChanges) {
  EXPECT_TRUE(run("mkdir /usr/weir-test-marker && echo x > /etc/weir-test-marker").ok());
  EXPECT_FALSE(std::filesystem::exists("/usr/weir-test-marker"));
  EXPECT_FALSE(std::filesystem::exists("/etc/weir-test-marker"));
}

TEST_F(BoxTest, CommandsRunAsOtherUsersToo) {
  EXPECT_TRUE(run("useradd -m agent").ok());
  ExecRequest request;
  request.script = "id -un; touch /home/agent/x && ! touch /etc/x 2>/dev/null";
  request.user = "agent";
  const auto result = box_->exec(request);
  EXPECT_TRUE(result.ok()) << result.err.bytes;
  EXPECT_EQ(result.out.bytes, "agent\n");
  request.user = "nobody-knows";
  EXPECT_FALSE(box_->exec(request).ok());
}

TEST_F(BoxTest, SnapshotsRestoreAndForkExactly) {
  ASSERT_TRUE(run("mkdir /app/d; echo one > /app/d/f; chmod 751 /app/d; ln -s f /app/d/l").ok());
  EXPECT_TRUE(box_->changed());
  const SnapshotPtr first = box_->snapshot();
  ASSERT_TRUE(first);
  EXPECT_FALSE(box_->changed());
  ASSERT_TRUE(run("echo two > /app/d/f; rm /app/d/l; rm -rf /usr/share/doc; mv /app/d /app/e").ok());
  const SnapshotPtr second = box_->snapshot();
  box_->restore(first);
  EXPECT_EQ(run("cat /app/d/l; stat -c %a /app/d; ls -d /usr/share/doc").out.bytes,
            "one\n751\n/usr/share/doc\n");
  const auto fork = sandbox_->create({.from = second});
  ExecRequest request;
  request.script = "cat /app/e/f; ls /usr/share/doc 2>/dev/null; true";
  EXPECT_EQ(fork->exec(request).out.bytes, "two\n");
  EXPECT_EQ(run("cat /app/d/f").out.bytes, "one\n");  // forks do not touch each other
}

TEST_F(BoxTest, NoSnapshotWhileSomethingLives) {
  (void)run("sleep 60 &");
  EXPECT_EQ(box_->snapshot(), nullptr);
  EXPECT_TRUE(run("pkill sleep").ok());
  EXPECT_NE(box_->snapshot(), nullptr);
}

TEST_F(BoxTest, AnUnchangedBoxIsNotFrozenAgain) {
  ASSERT_TRUE(run("echo x > /app/x").ok());
  const SnapshotPtr once = box_->snapshot();
  EXPECT_TRUE(run("cat /app/x; ls /").ok());
  EXPECT_EQ(box_->snapshot(), once);
}

TEST_F(BoxTest, ManyLayersStillWork) {
  for (int i = 0; i < 150; ++i) {
    ASSERT_TRUE(run("echo " + std::to_string(i) + " > /app/n").ok());
    ASSERT_TRUE(box_->snapshot()) << i;
  }
  EXPECT_EQ(run("cat /app/n").out.bytes, "149\n");
}

TEST_F(BoxTest, FilesGoInAndOutWithoutFollowingLinks) {
  box_->put("hello", "/deep/in/file", 0755);
  EXPECT_EQ(run("cat /deep/in/file; test -x /deep/in/file").out.bytes, "hello");
  EXPECT_EQ(box_->get("/deep/in/file", 3), "hel");
  ASSERT_TRUE(run("ln -s /etc/passwd /app/link; mkfifo /app/fifo; mkdir /app/dir").ok());
  EXPECT_FALSE(box_->get("/app/link", 100));
  EXPECT_FALSE(box_->get("/app/fifo", 100));
  EXPECT_FALSE(box_->get("/app/dir", 100));
  EXPECT_FALSE(box_->get("/app/none", 100));
  EXPECT_THROW(box_->put("x", "/app/link", 0644), InfraError);
}

TEST_F(BoxTest, TreesAreCopiedWithModesAndLinks) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a/b");
  std::ofstream(folder / "a/b/run.sh") << "#!/bin/sh\necho ran\n";
  std::filesystem::permissions(folder / "a/b/run.sh", std::filesystem::perms::all);
  std::filesystem::create_symlink("b/run.sh", folder / "a/go");
  box_->put_tree(folder / "a", "/x");
  EXPECT_EQ(run("/x/go").out.bytes, "ran\n");
}

TEST_F(BoxTest, AForkStormIsBounded) {
  BoxSpec spec;
  spec.limits.pids = 64;
  box_ = sandbox_->create(spec);
  const auto result =
      run("for i in $(seq 200); do sleep 5 & done 2>/dev/null; jobs -p | wc -l", milliseconds(8000));
  EXPECT_LT(box_->live_processes(), 64) << result.out.bytes;
}

TEST_F(BoxTest, MemoryIsBoundedAndTheEndIsNamed) {
  if (testing::PrintToString(sandbox_->missing()).find("memory") != std::string::npos) {
    GTEST_SKIP() << "no cgroup can be made here";
  }
  BoxSpec spec;
  spec.limits.memory = 64 << 20;
  box_ = sandbox_->create(spec);
  const auto hog = run("python3 -c \"b = bytearray(300 << 20); print(len(b))\"");
  EXPECT_EQ(hog.status, ExecStatus::oom);
  EXPECT_LE(hog.memory_peak.value(), 65 << 20);
  EXPECT_EQ(run("exit 137").status, ExecStatus::exited);  // an exit code is no evidence
  EXPECT_FALSE(run("head -c 300M /dev/zero > /dev/shm/x").ok());
}

TEST_F(BoxTest, AScriptLongerThanAnArgumentRuns) {
  EXPECT_EQ(run("echo first\n" + std::string(200'000, '#') + "\necho last\n").out.bytes,
            "first\nlast\n");
}

TEST_F(BoxTest, EndingFreezesWithEveryProcessGone) {
  (void)run("echo kept > /app/f; (while true; do echo more >> /app/g; sleep 0.01; done) &");
  const SnapshotPtr final = box_->end();
  const auto fork = sandbox_->create({.from = final});
  ExecRequest request;
  request.script = "cat /app/f; wc -l < /app/g > /tmp/a; sleep 0.1; wc -l < /app/g | cmp - /tmp/a";
  EXPECT_EQ(fork->exec(request).out.bytes, "kept\n");
  EXPECT_EQ(run("true").status, ExecStatus::box_lost);
}

TEST_F(BoxTest, BoxesOnManyThreadsLeakNothing) {
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  box_.reset();
  const auto before = descriptors();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j) {
        const auto box = sandbox_->create({});
        ExecRequest request;
        request.script = "echo x > /app/x; sleep 30 & true";
        if (box->exec(request).ok()) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 60);
  EXPECT_LE(descriptors(), before);  // fewer: layers of earlier tests may just be going
}

TEST(Capture, KeepsHeadAndTail) {
  box::Capture capture({4, 4, 1 << 20});
  for (const char* piece : {"ab", "cdef", "ghijklmnop", "qrst"}) capture.add(piece);
  const Captured out = capture.finish();
  EXPECT_EQ(out.total, 20);
  EXPECT_TRUE(out.truncated);
  EXPECT_EQ(out.bytes, "abcd\n[... 12 bytes left out ...]\nqrst");
  box::Capture small({4, 4, 1 << 20});
  small.add("abcdef");
  EXPECT_EQ(small.finish().bytes, "abcdef");
  EXPECT_FALSE(small.finish().truncated);
}

}  // namespace
}  // namespace weir
