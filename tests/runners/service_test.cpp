// Services that run beside the agent, and again beside the verifier.

#include "runners/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "runners/grade/grader.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Kind = BuildStep::Kind;

/// What the machine says is wrong; "" if nothing is.
template <typename Work>
std::string complaint_of(Work&& work) {
  try {
    work();
    return {};
  } catch (const InfraError& error) {
    return error.what();
  }
}

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    task_.id = "t";
    task_.environment.env = {{"GREETING", "hello"}};
    // Serves its greeting as a file that is there while it lives, then what it is given.
    script("#!/bin/bash\necho \"$GREETING\" > /dev/shm/greeting\nexec \"$@\"\n");
    task_.environment.entrypoint = {"/entry.sh"};
    fs::create_directories(folder_ / "tests");
    write_file(
        folder_ / "tests/test.sh",
        "#!/bin/bash\n[ \"$(cat /dev/shm/greeting)\" = hello ] && [ -f /app/ok ] && r=1 || r=0\n"
        "echo $r > /logs/verifier/reward.txt\n");
  }
  void script(const std::string& text) {
    write_file(folder_ / "entry.sh", text);
    task_.environment.build_context = folder_.path();
    task_.environment.build = {{Kind::copy, {"entry.sh", "/entry.sh"}},
                               {Kind::run, {"chmod +x /entry.sh"}}};
  }
  std::unique_ptr<Box> box() {
    environment_ = prepare_environment(task_, "sha", *sandbox_);
    return with_service(sandbox_->create(environment_->on(environment_->snapshot)), *environment_,
                        {});
  }
  std::string in(Box& box, const std::string& command) {
    ExecRequest request;
    request.script = command;
    request.env = environment_->env;
    request.merge_stderr = true;
    return box.exec(request).out.bytes;
  }
  Verdict grade(Box& box, const RewardGrading& grading) {
    return grade_final_state(box.end(), task_, grading,
                             {*sandbox_, graders_, *environment_, {}, false});
  }
  Verdict grade(Box& box) { return grade(box, {folder_ / "tests", {}}); }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  Limiter graders_{2};
  AgentTask task_;
  EnvironmentPtr environment_;
};

TEST_F(ServiceTest, TheEntrypointRunsBesideTheAgentWithTheTasksVariables) {
  const auto running = box();
  EXPECT_EQ(in(*running, "cat /dev/shm/greeting"), "hello\n");
  EXPECT_GT(running->live_processes(), 0);
  (void)in(*running, "rm /dev/shm/greeting; pkill -f 'sleep infinity'");
  running->restore(environment_->snapshot);
  EXPECT_EQ(in(*running, "cat /dev/shm/greeting"), "hello\n");
}

TEST_F(ServiceTest, ItRunsAgainBesideTheVerifierAndTheAgentsProcessesDoNot) {
  const auto running = box();
  (void)in(*running,
           "touch /app/ok; rm /dev/shm/greeting; (while :; do mkdir -p /logs/verifier; "
           "echo 0 > /logs/verifier/reward.json; done) > /dev/null 2>&1 &");
  const Verdict verdict = grade(*running);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message << verdict.evidence;
  EXPECT_TRUE(verdict.anomalies.empty());
}

TEST_F(ServiceTest, AChangedServiceMakesAPassInvalid) {
  const auto running = box();
  (void)in(*running, "touch /app/ok; echo '# mine' >> /entry.sh");
  const Verdict verdict = grade(*running);
  EXPECT_EQ(verdict.outcome, Outcome::invalid);
  EXPECT_THAT(verdict.message, HasSubstr("/entry.sh"));
}

TEST_F(ServiceTest, AServiceTheAgentBrokeIsTheAgentsFailure) {
  const auto running = box();
  (void)in(*running, "touch /app/ok; rm /entry.sh");
  const Verdict verdict = grade(*running);
  EXPECT_EQ(verdict.outcome, Outcome::unresolved);
  ASSERT_FALSE(verdict.anomalies.empty());
  EXPECT_THAT(verdict.anomalies.front(), HasSubstr("entrypoint /entry.sh does not run"));
}

TEST_F(ServiceTest, AServiceThatEndsAtOnceIsToldWithItsLastWords) {
  script("#!/bin/bash\necho no such thing\nexit 4\n");
  const std::string error = complaint_of([&] { (void)box(); });
  EXPECT_THAT(error, HasSubstr("no such thing"));
  EXPECT_THAT(error, HasSubstr("(ended with 4)"));
}

TEST_F(ServiceTest, AHealthcheckWaitsForTheServiceAndGivesUp) {
  script("#!/bin/bash\n(sleep 0.3; touch /dev/shm/up) &\nexec sleep infinity\n");
  Healthcheck check;
  check.command = "test -e /dev/shm/up";
  check.interval = milliseconds(1000);
  task_.environment.healthcheck = check;
  const auto running = box();
  EXPECT_EQ(in(*running, "ls /dev/shm/up"), "/dev/shm/up\n");
  check.command = "echo down; false";
  check.interval = milliseconds(100);
  check.retries = 2;
  task_.environment.healthcheck = check;
  EXPECT_THAT(complaint_of([&] { (void)box(); }), HasSubstr("`echo down; false` does not pass"));
}

TEST_F(ServiceTest, CollectCommandsRunBeforeTheTestsComeAndTheVerifierAsItsUser) {
  task_.environment.build.push_back({Kind::run, {"useradd judge"}});
  const auto running = box();
  write_file(folder_ / "tests/test.sh",
             "#!/bin/bash\n[ \"$(whoami)\" = judge ] && [ \"$(cat /app/seen)\" = none ] && r=1 || "
             "r=0\necho $r > /logs/verifier/reward.txt\n");
  RewardGrading grading{folder_ / "tests", {}};
  grading.user = "judge";
  CollectCommand collect;
  collect.command = "ls /tests 2> /dev/null || echo none > /app/seen";
  grading.collect = {collect, collect};
  grading.collect[1].command = "exit 3";
  const Verdict verdict = grade(*running, grading);
  EXPECT_EQ(verdict.outcome, Outcome::resolved) << verdict.message << verdict.evidence;
  ASSERT_EQ(verdict.anomalies.size(), 1U);
  EXPECT_THAT(verdict.anomalies[0], HasSubstr("verifier.collect `exit 3`: exited 3"));
}

}  // namespace
}  // namespace weir
