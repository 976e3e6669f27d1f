#include "runners/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runners/box_user.hpp"
#include "runners/service.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

const Reward* find(const std::vector<Reward>& rewards, const std::string& key) {
  const auto found = std::find_if(rewards.begin(), rewards.end(),
                                  [&](const Reward& reward) { return reward.key == key; });
  return found == rewards.end() ? nullptr : &*found;
}

/// Runs the step's setup.sh, if it has one.
std::string set_up(Box& box, const AgentStep& step, const PreparedEnvironment& environment,
                   const std::stop_token& stop) {
  if (!std::filesystem::is_regular_file(step.workdir / "setup.sh")) return {};
  ExecRequest request;
  request.script = "bash ./setup.sh";
  request.cwd = environment.workdir;
  request.env = environment.env;
  request.user = environment.user;
  request.timeout = std::chrono::minutes(10);
  request.merge_stderr = true;
  request.stop = stop;
  const ExecResult result = box.exec(request);
  if (stop.stop_requested()) throw Cancelled();
  if (result.ok()) return {};
  return fmt::format("setup.sh: {} {}: {}{}", name_of(result.status), result.exit_code,
                     to_utf8(result.out.bytes).substr(0, 500), result.message);
}

}  // namespace

Task step_task(const Task& task, std::size_t index) {
  const AgentStep& shown = task.shown.terminal.steps.at(index);
  const GradedStep& graded = task.hidden.terminal.steps.at(index);
  Task step = task;
  step.shown.instruction = shown.instruction;
  if (shown.agent.timeout) step.shown.limits.agent = shown.agent.timeout;
  if (graded.verifier.phase.timeout) step.shown.limits.verifier = graded.verifier.phase.timeout;
  if (shown.agent.user) step.shown.environment.user = *shown.agent.user;
  step.hidden.solution = graded.solution;
  auto& grading = std::get<RewardGrading>(step.hidden.grading);
  grading.step_tests = graded.tests;
  for (const auto& [name, value] : graded.verifier.env) grading.env[name] = value;
  if (graded.verifier.phase.user) grading.user = *graded.verifier.phase.user;
  const auto& collect = graded.verifier.collect;
  grading.collect.insert(grading.collect.end(), collect.begin(), collect.end());
  grading.artifacts.insert(grading.artifacts.end(), graded.artifacts.begin(),
                           graded.artifacts.end());
  return step;
}

std::string begin_step(Box& box, const AgentStep& step, PreparedEnvironment& environment,
                       const std::stop_token& stop) {
  try {
    take_home(box, environment.user, environment.env);
    if (!step.workdir.empty()) {
      box.put_tree(step.workdir, environment.workdir);
      const std::string problem = set_up(box, step, environment, stop);
      if (!problem.empty()) return problem;
    }
    if (step.healthcheck) wait_until_healthy(box, *step.healthcheck, environment, stop);
    return {};
  } catch (const InfraError& error) {
    return error.what();
  }
}

void StepVerdicts::add(Verdict verdict) {
  verdicts_.push_back(std::move(verdict));
}

/// Why the last verdict ends the trial; "" if it does not.
std::string StepVerdicts::shortfall() const {
  const Verdict& last = verdicts_.back();
  if (last.rewards.empty()) return last.message;
  for (const auto& [key, least] : grading_.steps.at(verdicts_.size() - 1).min_reward) {
    const Reward* reward = find(last.rewards, key);
    if (reward == nullptr) return fmt::format("{} is missing, min_reward is {}", key, least);
    if (reward->value < least) {
      return fmt::format("{} {} is below min_reward {}", key, reward->value, least);
    }
  }
  return {};
}

bool StepVerdicts::goes_on() const {
  return verdicts_.size() < grading_.steps.size() && verdicts_.back().outcome != Outcome::invalid &&
         shortfall().empty();
}

std::vector<Reward> StepVerdicts::combined() const {
  if (grading_.step_rewards == StepRewards::final) return verdicts_.back().rewards;
  std::map<std::string, double> sums;
  double graded = 0;
  for (const auto& verdict : verdicts_) {
    graded += verdict.rewards.empty() ? 0 : 1;
    for (const auto& reward : verdict.rewards) sums[reward.key] += reward.value;
  }
  std::vector<Reward> means;
  for (const auto& [key, sum] : sums) means.push_back({"", key, sum / graded});
  return means;
}

Verdict StepVerdicts::total() const {
  Verdict total;
  total.rewards = combined();
  const std::string& ended_in = grading_.steps.at(verdicts_.size() - 1).name;
  const std::string why = shortfall();
  const bool all = verdicts_.size() == grading_.steps.size() && why.empty();
  if (verdicts_.back().outcome != Outcome::invalid) {
    total.outcome = all && passes(total.rewards) ? Outcome::resolved : Outcome::unresolved;
  }
  const std::string& told = why.empty() ? verdicts_.back().message : why;
  if (!told.empty()) total.message = fmt::format("step {}: {}", ended_in, told);
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    const std::string& name = grading_.steps[i].name;
    for (const auto& reward : verdicts_[i].rewards) {
      total.rewards.push_back({name, reward.key, reward.value});
    }
    for (const auto& each : verdicts_[i].anomalies) {
      total.anomalies.push_back(fmt::format("step {}: {}", name, each));
    }
    for (KeptArtifact each : verdicts_[i].artifacts) {
      each.step = name;
      if (!each.path.empty()) each.path = name + "/" + each.path;
      total.artifacts.push_back(std::move(each));
    }
    total.evidence += fmt::format("== step {} ==\n{}\n", name, verdicts_[i].evidence);
  }
  return total;
}

}  // namespace weir
