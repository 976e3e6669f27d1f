#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "runners/environment.hpp"
#include "runners/grade/grader.hpp"
#include "runners/sandbox.hpp"
#include "tasks/task.hpp"

namespace weir {

// Multi-step tasks: one box for all steps, an instruction and a verdict for each. Harbor's
// rules.

/// Step `index` as a task of its own: its instruction, tests and solution; limits, users and
/// variables are its own where it declares them, else the task's.
[[nodiscard]] Task step_task(const Task& task, std::size_t index);

/// Makes the box ready for a step: its user is found (whose HOME is `environment`'s then), its
/// files come to the workdir, their setup.sh runs as that user, its healthcheck passes. Returns
/// what went wrong, "" if nothing: after the first step an agent may have broken it. Throws
/// Cancelled.
[[nodiscard]] std::string begin_step(Box& box, const AgentStep& step,
                                     PreparedEnvironment& environment, const std::stop_token& stop);

/// The verdicts of a trial's steps, in their order, and what they come to.
class StepVerdicts {
 public:
  explicit StepVerdicts(const TerminalGrading& grading) : grading_(grading) {}

  [[nodiscard]] std::size_t count() const { return verdicts_.size(); }
  /// The verdict of the next step.
  void add(Verdict verdict);
  /// Whether another step follows: not after the last one, after one that could not be graded,
  /// or after one below its min_reward (a missing key is below).
  [[nodiscard]] bool goes_on() const;
  /// All of them as one: the task's rewards (step "") are per key the mean over the steps that
  /// were graded, a missing key counting 0, or the last one's; each step's follow under its
  /// name. Resolved if every step was walked and every reward of the task is at least 1.
  [[nodiscard]] Verdict total() const;

 private:
  [[nodiscard]] std::string shortfall() const;
  [[nodiscard]] std::vector<Reward> combined() const;

  const TerminalGrading& grading_;
  std::vector<Verdict> verdicts_;
};

}  // namespace weir
