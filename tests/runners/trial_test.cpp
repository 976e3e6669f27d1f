// One trial from its box to its verdict, with agents made for the test.

#include "runners/trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "results/quiet_recorder.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

using testing::HasSubstr;

/// An agent that is one function.
class FunctionAgent final : public Agent {
 public:
  using Function = std::function<Submission(Box&, Deadline&)>;
  explicit FunctionAgent(Function function) : function_(std::move(function)) {}
  Submission run(const AgentTask&, Box& box, Recorder&, Deadline& deadline) override {
    return function_(box, deadline);
  }

 private:
  Function function_;
};

class TrialTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    environments_ = std::make_unique<EnvironmentCache>(*sandbox_, 2);
    std::filesystem::create_directories(folder_ / "tests");
    write_file(folder_ / "tests/test.sh",
               "#!/bin/bash\n[ -f /app/ok ] && r=1 || r=0\necho $r > /logs/verifier/reward.txt\n");
    task_.shown.id = "t";
    task_.hidden.grading = RewardGrading{folder_ / "tests", {}};
  }

  Try run(FunctionAgent::Function function, milliseconds wall = {}) {
    TrialRoom room{*sandbox_, *environments_, busy_, graders_, watchdog_, recorder_, {}, false,
                   wall};
    room.make_agent = [&](const AgentContext&) { return std::make_unique<FunctionAgent>(function); };
    return run_trial(task_, Trial{}, 1, room, stop_.get_token());
  }

  static ExecResult bash(Box& box, Deadline& deadline, const std::string& script) {
    ExecRequest request;
    request.script = script;
    request.stop = deadline.token();
    return box.exec(request);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<EnvironmentCache> environments_;
  Limiter busy_{2};
  Limiter graders_{2};
  Watchdog watchdog_;
  QuietRecorder recorder_;
  std::stop_source stop_;
  Task task_;
};

TEST_F(TrialTest, ASubmissionIsGraded) {
  const Try done = run([](Box& box, Deadline& deadline) {
    (void)bash(box, deadline, "touch /app/ok");
    return Submission{};
  });
  EXPECT_EQ(done.outcome, Outcome::resolved);
  EXPECT_EQ(done.stop_reason, StopReason::submitted);
}

TEST_F(TrialTest, TheStateAtTheWallLimitIsGraded) {
  const Try done = run(
      [](Box& box, Deadline& deadline) {
        (void)bash(box, deadline, "touch /app/ok; sleep 60");
        Submission submission;
        submission.stop = deadline.expired() ? StopReason::wall : StopReason::submitted;
        return submission;
      },
      milliseconds(300));
  EXPECT_EQ(done.outcome, Outcome::resolved);  // a rewarded timeout
  EXPECT_EQ(done.stop_reason, StopReason::wall);
  EXPECT_LT(done.wall_ms, 30'000);
}

TEST_F(TrialTest, AnythingThrownEndsTheTrialAndNotTheRun) {
  const Try done = run([](Box&, Deadline&) -> Submission { throw std::runtime_error("odd \xFF"); });
  EXPECT_EQ(done.outcome, Outcome::infra_error);
  EXPECT_FALSE(done.stop_reason);
  EXPECT_EQ(done.message, "odd \xEF\xBF\xBD");
}

TEST_F(TrialTest, ForeignBytesInAnomaliesAreNoCrash) {
  task_.shown.environment.deviations = {"broken \xFF bytes"};
  EXPECT_EQ(run([](Box&, Deadline&) { return Submission{}; }).outcome, Outcome::unresolved);
}

TEST_F(TrialTest, AnEnvironmentThatCannotBeBuiltIsAnInfraError) {
  task_.shown.environment.packages = {"no-such-package"};
  const Try done = run([](Box&, Deadline&) { return Submission{}; });
  EXPECT_EQ(done.outcome, Outcome::infra_error);
  EXPECT_THAT(done.message, HasSubstr("no-such-package"));
}

TEST_F(TrialTest, AStoppedRunLeavesTheTryUnfinished) {
  stop_.request_stop();
  EXPECT_THROW((void)run([](Box&, Deadline&) { return Submission{}; }), Cancelled);
}

TEST_F(TrialTest, AFailureOfTheProviderIsNotGraded) {
  const Try done = run([](Box&, Deadline&) {
    Submission submission;
    submission.failure = Outcome::provider_error;
    return submission;
  });
  EXPECT_EQ(done.outcome, Outcome::provider_error);
  EXPECT_TRUE(done.rewards.empty());
}

}  // namespace
}  // namespace weir
