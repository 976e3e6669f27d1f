// kill -9 at many moments, then resume: the same final table, no settled call
// requested again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "tasks/files.hpp"
#include "tests/end_to_end/weir.hpp"

namespace weir {
namespace {

class ResumeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!boxes_work()) GTEST_SKIP() << "boxes need root";
  }
  std::vector<std::string> command(const std::string& db) const {
    return {"run", kExperiment, "--attempts", "1", "--jobs", "4", "--db", (folder_ / db).string()};
  }
  TemporaryFolder folder_;
};

TEST_F(ResumeTest, KillsAtTenMomentsChangeNothing) {
  ASSERT_EQ(run_weir(command("whole.db")).exit_code, 0);
  const std::string whole = essence(folder_ / "whole.db");
  const std::string calls = sql(folder_ / "whole.db", "SELECT count(*) FROM v_call");

  // One run, killed again and again as it is resumed; delays cover start-up,
  // trials in flight and the end.
  pid_t pid = start_weir(command("killed.db"));
  int kills = 0;
  bool finished = false;
  while (run_weir({"show", "--db", (folder_ / "killed.db").string()}).exit_code != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // before, nothing to resume
  }
  for (int moment = 0; moment < 10 && !finished; ++moment) {
    std::this_thread::sleep_for(std::chrono::milliseconds(350 + 157 * moment));
    if (::kill(pid, SIGKILL) == 0) ++kills;
    const int code = wait_for(pid);
    finished = code == 0;
    if (!finished)
      pid = start_weir({"resume", "--jobs", "4", "--db", (folder_ / "killed.db").string()});
  }
  if (!finished) wait_for(pid);
  EXPECT_GE(kills, 5);
  const Ran last = run_weir({"resume", "--db", (folder_ / "killed.db").string()});
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(essence(folder_ / "killed.db"), whole);
  EXPECT_EQ(sql(folder_ / "killed.db", "SELECT count(*) FROM v_call"), calls);
  EXPECT_EQ(sql(folder_ / "killed.db", "SELECT max(try) FROM v_trial"), "1");
}

TEST_F(ResumeTest, CtrlCDrainsAndTheRunCanGoOn) {
  const pid_t pid = start_weir(command("drained.db"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 130);
  const std::string unfinished =
      sql(folder_ / "drained.db", "SELECT count(*) FROM try WHERE outcome IS NULL");
  EXPECT_EQ(unfinished, "0");  // drained: what was begun was finished
  EXPECT_EQ(run_weir({"resume", "--db", (folder_ / "drained.db").string()}).exit_code, 0);
  EXPECT_EQ(sql(folder_ / "drained.db", "SELECT count(*) FROM v_trial"), "30");
}

TEST_F(ResumeTest, TwoCtrlCStopAtOnce) {
  const pid_t pid = start_weir(command("stopped.db"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ::kill(pid, SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 130);
  EXPECT_NE(sql(folder_ / "stopped.db", "SELECT count(*) FROM try WHERE outcome IS NULL"), "0")
      << "trials in flight were to be abandoned, not finished";
  EXPECT_EQ(run_weir({"resume", "--db", (folder_ / "stopped.db").string()}).exit_code, 0);
  EXPECT_EQ(sql(folder_ / "stopped.db", "SELECT count(*) FROM v_trial"), "30");
}

TEST_F(ResumeTest, AChangedSuiteIsRefused) {
  const auto suite = folder_ / "suite";
  std::filesystem::create_directories(suite);
  std::filesystem::copy(WEIR_SOURCE_DIR "/tasks/suites/first_steps/recover-orders-csv",
                        suite / "recover-orders-csv", std::filesystem::copy_options::recursive);
  const std::string db = (folder_ / "w.db").string();
  ASSERT_EQ(run_weir({"run", kExperiment, "--suite", suite.string(), "--config", "flash", "--attempts",
                      "1", "--db", db})
                .exit_code,
            0);
  write_file(suite / "recover-orders-csv/tests/test.sh", "#!/bin/bash\n# easier now\n");
  const Ran ran = run_weir({"resume", "--db", db});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, testing::HasSubstr("not what it was"));
}

}  // namespace
}  // namespace weir
