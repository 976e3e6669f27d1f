#include "runners/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runners/grade/grader.hpp"
#include "runners/metered_box.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// Half a year: what "no limit" is to a watchdog.
constexpr auto kNever = std::chrono::hours(24 * 180);

class TrialRun {
 public:
  TrialRun(const Task& task, const Trial& trial, const TrialRoom& room, std::stop_token stop)
      : task_(task), trial_(trial), room_(room), stop_(std::move(stop)) {}

  Try run(int number) {
    const auto started = Clock::now();
    try_.trial = trial_.id;
    try_.number = number;
    try_.started_at = now();
    try_.sandbox = room_.sandbox.description();
    room_.recorder.begin_try(trial_, try_);
    try {
      attempt();
    } catch (const InfraError& error) {
      try_.outcome = Outcome::infra_error;
      try_.message = error.what();
    }
    if (is_missing(*try_.outcome)) try_.stop_reason.reset();
    try_.anomalies = anomalies_.dump();
    try_.finished_at = now();
    try_.wall_ms =
        std::chrono::duration_cast<milliseconds>(Clock::now() - started).count();
    room_.recorder.finish_try(try_);
    return try_;
  }

 private:
  void attempt() {
    environment_ = room_.environments.get(task_);
    try_.environment_sha256 = environment_->sha256;
    for (const auto& deviation : environment_->deviations) anomalies_.push_back(deviation);
    MeteredBox box(room_.sandbox.create({.from = environment_->snapshot}), room_.busy_boxes, stop_);
    const Submission submission = act(box);
    try_.leaf = submission.leaf;
    try_.error_class = submission.error_class;
    try_.message = submission.message;
    try_.model_ms = submission.model_time.count();
    try_.stop_reason = submission.stop;
    if (submission.failure) {
      try_.outcome = submission.failure;
    } else {
      grade(submission, box);
    }
    try_.box_ms = box.worked().count();
  }

  Submission act(Box& box) {
    Clock::duration limit = kNever;
    if (room_.wall_limit.count() > 0) limit = room_.wall_limit;
    if (task_.shown.limits.agent) limit = std::min<Clock::duration>(limit, *task_.shown.limits.agent);
    const Watchdog::Watch watch(room_.watchdog, Clock::now() + limit, stop_);
    const auto agent = room_.make_agent({task_, trial_, try_.number, *environment_});
    Submission submission = agent->run(task_.shown, box, room_.recorder,
                                       {watch.token(), [&watch] { return watch.expired(); }});
    if (stop_.stop_requested()) throw Cancelled();
    return submission;
  }

  void grade(const Submission& submission, Box& box) {
    const GradingRoom grading{room_.sandbox, room_.graders, *environment_, stop_};
    Verdict verdict;
    if (const auto* tests = std::get_if<PatchGrading>(&task_.hidden.grading)) {
      try_.submission = submission.patch ? *submission.patch : diff_of(box);
      if (try_.submission.empty() && submission.stop != StopReason::submitted) {
        try_.outcome = Outcome::agent_limit;  // a limit was hit and nothing was there to grade
        return;
      }
      verdict = grade_patch(try_.submission, task_.shown, *tests, grading);
    } else if (const auto* reward = std::get_if<RewardGrading>(&task_.hidden.grading)) {
      verdict = grade_final_state(box.end(), task_.shown, *reward, grading);
    } else {
      verdict.message = "the task has no way to be graded";
    }
    try_.outcome = verdict.outcome;
    try_.rewards = verdict.rewards;
    try_.evidence = verdict.evidence;
    if (!verdict.message.empty()) try_.message = verdict.message;
    for (const auto& anomaly : verdict.anomalies) anomalies_.push_back(anomaly);
  }

  /// The state at a limit, as a diff.
  std::string diff_of(Box& box) {
    ExecRequest request;
    request.script = "git add -A && git diff --cached --binary HEAD";
    request.cwd = environment_->workdir;
    request.env = environment_->env;
    request.timeout = milliseconds(60'000);
    request.caps.head = 64 << 20;
    const ExecResult result = box.exec(request);
    if (result.ok()) return result.out.bytes;
    anomalies_.push_back("the diff at the limit could not be taken: " + result.err.bytes);
    return {};
  }

  const Task& task_;
  const Trial& trial_;
  const TrialRoom& room_;
  std::stop_token stop_;
  EnvironmentPtr environment_;
  Try try_;
  nlohmann::json anomalies_ = nlohmann::json::array();
};

}  // namespace

Try run_trial(const Task& task, const Trial& trial, int try_number, const TrialRoom& room,
              std::stop_token stop) {
  return TrialRun(task, trial, room, std::move(stop)).run(try_number);
}

}  // namespace weir
