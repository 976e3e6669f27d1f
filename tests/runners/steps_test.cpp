// Multi-step tasks: the rules for verdicts, and a trial that walks its steps in one box.

#include "runners/steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "results/quiet_recorder.hpp"
#include "runners/trial.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tests/temporary_folder.hpp"

namespace weir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TerminalGrading graded(std::vector<GradedStep> steps, StepRewards how = StepRewards::mean) {
  TerminalGrading grading;
  grading.steps = std::move(steps);
  grading.step_rewards = how;
  return grading;
}

GradedStep step(const std::string& name, std::map<std::string, double> least = {}) {
  GradedStep out;
  out.name = name;
  out.min_reward = std::move(least);
  return out;
}

Verdict rewarded(std::vector<Reward> rewards) {
  Verdict verdict;
  verdict.outcome = passes(rewards) ? Outcome::resolved : Outcome::unresolved;
  verdict.rewards = std::move(rewards);
  return verdict;
}

double value(const Verdict& verdict, const std::string& of, const std::string& key) {
  for (const auto& reward : verdict.rewards) {
    if (reward.step == of && reward.key == key) return reward.value;
  }
  ADD_FAILURE() << "no reward " << of << "/" << key;
  return -1;
}

TEST(StepVerdicts, TheMeanCountsMissingKeysAsNothing) {
  const TerminalGrading grading = graded({step("a"), step("b")});
  StepVerdicts verdicts(grading);
  verdicts.add(rewarded({{"", "reward", 1}, {"", "speed", 1}}));
  EXPECT_TRUE(verdicts.goes_on());
  verdicts.add(rewarded({{"", "reward", 1}}));
  EXPECT_FALSE(verdicts.goes_on());
  const Verdict total = verdicts.total();
  EXPECT_DOUBLE_EQ(value(total, "", "reward"), 1);
  EXPECT_DOUBLE_EQ(value(total, "", "speed"), 0.5);
  EXPECT_DOUBLE_EQ(value(total, "a", "speed"), 1);
  EXPECT_EQ(total.outcome, Outcome::unresolved);
}

TEST(StepVerdicts, TheFinalRewardIsTheLastSteps) {
  const TerminalGrading grading = graded({step("a"), step("b")}, StepRewards::final);
  StepVerdicts verdicts(grading);
  verdicts.add(rewarded({{"", "reward", 0}}));
  verdicts.add(rewarded({{"", "reward", 1}}));
  EXPECT_DOUBLE_EQ(value(verdicts.total(), "", "reward"), 1);
  EXPECT_EQ(verdicts.total().outcome, Outcome::resolved);
}

TEST(StepVerdicts, AGateEndsTheTrialWhichIsThenNoPass) {
  const TerminalGrading grading =
      graded({step("a", {{"reward", 1}, {"speed", 0.5}}), step("b")}, StepRewards::final);
  StepVerdicts slow(grading);
  slow.add(rewarded({{"", "reward", 1}, {"", "speed", 0.4}}));
  EXPECT_FALSE(slow.goes_on());
  EXPECT_THAT(slow.total().message, HasSubstr("step a: speed 0.4 is below min_reward 0.5"));
  StepVerdicts missing(grading);
  missing.add(rewarded({{"", "reward", 1}}));
  EXPECT_FALSE(missing.goes_on());
  EXPECT_EQ(missing.total().outcome, Outcome::unresolved);
  EXPECT_THAT(missing.total().message, HasSubstr("speed is missing"));
}

TEST(StepVerdicts, AStepThatCannotBeGradedMakesTheTrialInvalid) {
  const TerminalGrading grading = graded({step("a"), step("b")});
  StepVerdicts verdicts(grading);
  verdicts.add(rewarded({{"", "reward", 1}}));
  Verdict broken;
  broken.message = "the verifier wrote no reward file";
  verdicts.add(broken);
  EXPECT_EQ(verdicts.total().outcome, Outcome::invalid);
  EXPECT_EQ(verdicts.total().message, "step b: the verifier wrote no reward file");
  EXPECT_DOUBLE_EQ(value(verdicts.total(), "", "reward"), 1);  // b is left out
}

/// Acts by what the step asks for.
class StepAgent final : public Agent {
 public:
  explicit StepAgent(const PreparedEnvironment& environment) : environment_(environment) {}
  Submission run(const AgentTask& task, Box& box, Recorder&, Deadline& deadline) override {
    ExecRequest request;
    request.script = task.instruction;
    request.cwd = task.environment.workdir;
    request.env = {{"PATH", "/usr/bin:/bin"}};
    request.stop = deadline.token();
    for (const auto& [name, value] : environment_.env) request.env[name] = value;
    Submission submission;
    const bool ok = box.exec(request).ok();
    if (deadline.expired()) submission.stop = StopReason::wall;
    EXPECT_TRUE(ok || deadline.expired()) << task.instruction;
    return submission;
  }

 private:
  const PreparedEnvironment& environment_;
};

class StepsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "boxes need root";
    sandbox_ = make_box_sandbox();
    environments_ = std::make_unique<EnvironmentCache>(*sandbox_, 2);
    task_.shown.id = "t";
    task_.shown.deliverable = Deliverable::final_state;
    put("tests/test.sh",
        "#!/bin/bash\n. /tests/rule.sh && r=1 || r=0\n"
        "echo $r > /logs/verifier/reward.txt\n");
    task_.hidden.grading = RewardGrading{folder_ / "tests", {}};
  }
  void put(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, text);
  }
  /// A step that is passed if `rule` holds.
  void add(const std::string& name, const std::string& does, const std::string& rule) {
    put(name + "/tests/rule.sh", rule + "\n");
    AgentStep shown;
    shown.name = name;
    shown.instruction = does;
    GradedStep graded = step(name, {{"reward", 1}});
    graded.tests = folder_ / name / "tests";
    task_.shown.terminal.steps.push_back(shown);
    task_.hidden.terminal.steps.push_back(graded);
  }
  Try run(milliseconds wall = {}) {
    TrialRoom room{*sandbox_, *environments_, busy_, graders_, watchdog_, recorder_,
                   {},        false,          {},    wall};
    room.make_agent = [](const AgentContext& context) {
      return std::make_unique<StepAgent>(context.environment);
    };
    room.public_network = public_network_;
    room.artifacts = folder_ / "kept";
    return run_trial(task_, Trial{}, 1, room, {});
  }

  TemporaryFolder folder_;
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<EnvironmentCache> environments_;
  Limiter busy_{2};
  Limiter graders_{2};
  Watchdog watchdog_;
  QuietRecorder recorder_;
  std::optional<Network> public_network_;
  Task task_;
};

TEST_F(StepsTest, AllStepsShareOneBoxAndNoneSeesTests) {
  add("one", "echo 1 > /app/n; (exec sleep 300) > /dev/null 2>&1 & echo $! > /app/pid",
      "grep -q 1 /app/n && ! kill -0 $(cat /app/pid)");  // nobody lives beside a verifier
  add("two",
      "test ! -e /tests && test -e /app/two.txt && test -e /app/set-up && "
      "kill -0 $(cat /app/pid) && echo 2 >> /app/n",
      "test $(wc -l < /app/n) = 2");
  put("two/workdir/two.txt", "x");
  put("two/workdir/setup.sh", "touch set-up\n");
  task_.shown.terminal.steps[1].workdir = folder_ / "two/workdir";
  const Try done = run();
  EXPECT_EQ(done.outcome, Outcome::resolved) << done.message << done.evidence;
  ASSERT_EQ(done.rewards.size(), 3U);
  EXPECT_EQ(done.rewards[0].step, "");
  EXPECT_EQ(done.rewards[1].step, "one");
  EXPECT_EQ(done.rewards[2].step, "two");
  EXPECT_THAT(done.evidence, HasSubstr("== step two =="));
}

TEST_F(StepsTest, AStepBelowItsGateIsTheLast) {
  add("one", "true", "false");
  add("two", "true", "true");
  const Try done = run();
  EXPECT_EQ(done.outcome, Outcome::unresolved);
  EXPECT_EQ(done.rewards.size(), 2U);
  EXPECT_EQ(done.message, "step one: reward 0 is below min_reward 1");
}

TEST_F(StepsTest, ASeededRewardCountsInNoStep) {
  const std::string seed = "mkdir -p /logs/verifier && echo 1 > /logs/verifier/reward.json";
  add("one", seed + " && touch /app/ok", "test -e /app/ok");
  add("two", seed, "false");
  EXPECT_EQ(run().outcome, Outcome::unresolved);
}

TEST_F(StepsTest, AStepsTimeLimitIsItsOwn) {
  add("one", "true", "true");
  add("two", "true", "true");
  task_.shown.terminal.steps[0].agent.timeout = milliseconds(60'000);
  EXPECT_EQ(step_task(task_, 0).shown.limits.agent, milliseconds(60'000));
  EXPECT_FALSE(step_task(task_, 1).shown.limits.agent);
}

TEST_F(StepsTest, TheRunsTimeLimitHoldsForAllSteps) {
  add("one", "sleep 60", "true");
  add("two", "true", "true");
  const Try done = run(milliseconds(300));
  EXPECT_EQ(done.outcome, Outcome::unresolved);  // what was done is graded
  EXPECT_EQ(done.stop_reason, StopReason::wall);
  EXPECT_EQ(done.rewards.size(), 2U);
}

TEST_F(StepsTest, AStepMayBeJudgedApart) {
  add("one", "echo 1 > /app/kept; echo 1 > /app/left", "[ -e /app/left ] && [ -e /app/kept ]");
  add("two", "true", "[ -e /app/kept ] && [ ! -e /app/left ]");
  task_.hidden.terminal.steps[1].artifacts = {{"/app/kept", "", {}, ""}, {"/app/none", "", {}, ""}};
  task_.hidden.verifier_boxes["two"] = {};
  const Try done = run();
  EXPECT_EQ(done.outcome, Outcome::resolved) << done.message << done.evidence;
  ASSERT_EQ(done.artifacts.size(), 2U);
  EXPECT_EQ(done.artifacts[0].step, "two");
  EXPECT_EQ(read_file(fs::path(done.artifacts_in) / done.artifacts[0].path), "1\n");
  EXPECT_EQ(done.artifacts[1].path, "");
}

TEST_F(StepsTest, AVerifiersBoxThatCannotBeBuiltCostsNothing) {
  add("one", "touch /app/began", "true");
  task_.hidden.verifier_boxes["one"].environment.build = {{BuildStep::Kind::run, {"exit 7"}}};
  const Try done = run();
  EXPECT_EQ(done.outcome, Outcome::infra_error);
  EXPECT_THAT(done.message, HasSubstr("t (verifier of one): building the environment: `"));
}

/// Whether a proxy answers in the box.
const std::string kProxyUp = "(exec 3<> /dev/tcp/127.0.0.1/8118) 2> /dev/null";

TEST_F(StepsTest, EachPhaseHasTheNetworkItDeclaresAndNothingGoesOnInAnother) {
  const NetworkPolicy none{NetworkMode::none, {}};
  public_network_ = Network::proxy;
  task_.shown.terminal.environment.network = none;
  add("one",
      "! " + kProxyUp + " || exit 1; touch /dev/shm/alive; (exec sleep 300) > /dev/null 2>&1 &",
      kProxyUp + " && [ -n \"$https_proxy\" ]");
  add("two", kProxyUp + " && [ -n \"$https_proxy\" ] && [ ! -e /dev/shm/alive ]", "! " + kProxyUp);
  task_.hidden.terminal.steps[0].verifier.phase.network = NetworkPolicy{};
  task_.shown.terminal.steps[1].agent.network = NetworkPolicy{NetworkMode::allowlist, {"a.b"}};
  const Try done = run();
  EXPECT_EQ(done.outcome, Outcome::resolved) << done.message << done.evidence;
  public_network_.reset();  // nobody agreed
  task_.shown.terminal.steps.pop_back();
  task_.hidden.terminal.steps.pop_back();
  const Try refused = run();
  EXPECT_EQ(refused.outcome, Outcome::unresolved);
  EXPECT_THAT(refused.anomalies, HasSubstr("step one: verifier: a network is declared"));
}

TEST_F(StepsTest, AUserWhoIsNotThereIsTheMachinesOnlyInTheFirstStep) {
  add("one", "true", "true");
  add("two", "true", "true");
  task_.shown.terminal.steps[1].agent.user = "ghost";
  const Try second = run();
  EXPECT_EQ(second.outcome, Outcome::unresolved);
  EXPECT_THAT(second.message, HasSubstr("no user \"ghost\""));
  task_.shown.terminal.steps[0].agent.user = "ghost";
  EXPECT_EQ(run().outcome, Outcome::infra_error);
}

TEST_F(StepsTest, AFailingSetUpIsTheMachinesOnlyInTheFirstStep) {
  add("one", "true", "true");
  add("two", "true", "true");
  put("w/setup.sh", "echo broken; exit 3\n");
  task_.shown.terminal.steps[1].workdir = folder_ / "w";
  const Try second = run();
  EXPECT_EQ(second.outcome, Outcome::unresolved);
  EXPECT_THAT(second.message, HasSubstr("step two: setup.sh: exited 3: broken"));
  task_.shown.terminal.steps[0].workdir = folder_ / "w";
  EXPECT_EQ(run().outcome, Outcome::infra_error);
}

}  // namespace
}  // namespace weir
