#include "runners/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runners/grade/grader.hpp"
#include "runners/metered_box.hpp"
#include "runners/repository.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

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
    } catch (const StoreError&) {
      throw;
    } catch (const Cancelled&) {
      throw;
    } catch (const ReplayDiverged&) {
      throw;
    } catch (const std::exception& error) {  // one trial must not end the others
      try_.outcome = Outcome::infra_error;
      try_.message = error.what();
    }
    if (is_missing(*try_.outcome)) try_.stop_reason.reset();
    try_.message = to_utf8(try_.message);
    try_.anomalies = anomalies_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    try_.finished_at = now();
    try_.wall_ms =
        std::chrono::duration_cast<milliseconds>(Clock::now() - started).count();
    room_.recorder.finish_try(try_);
    return try_;
  }

 private:
  void attempt() {
    environment_ = room_.environments.get(task_, stop_);
    try_.environment_sha256 = environment_->sha256;
    for (const auto& deviation : environment_->deviations) anomalies_.push_back(deviation);
    const Deadline elapsed(room_.watchdog, stop_, limit_or_never(room_.elapsed_limit));
    Deadline deadline(room_.watchdog, elapsed, allowance());
    MeteredBox box(room_.sandbox.create(spec()), room_.busy_boxes, deadline);
    const Submission submission = act(box, deadline);
    try_.leaf = submission.leaf;
    try_.error_class = submission.error_class;
    try_.may_pass = submission.may_pass;
    try_.message = submission.message;
    try_.model_ms = submission.model_time.count();
    try_.stop_reason = submission.stop;
    for (const auto& anomaly : submission.anomalies) anomalies_.push_back(anomaly);
    if (submission.failure) {
      try_.outcome = submission.failure;
    } else {
      grade(submission, box);
    }
    try_.box_ms = box.worked().count();
  }

  static Clock::duration limit_or_never(milliseconds limit) {
    return limit.count() > 0 ? Clock::duration(limit) : kNever;
  }

  /// The shorter of the run's wall limit and the task's own.
  Clock::duration allowance() const {
    const Clock::duration limit = limit_or_never(room_.wall_limit);
    const auto& own = task_.shown.limits.agent;
    return own ? std::min<Clock::duration>(limit, *own) : limit;
  }

  BoxSpec spec() const {
    BoxSpec spec = environment_->on(environment_->snapshot);
    spec.network = room_.network;
    return spec;
  }

  Submission act(Box& box, Deadline& deadline) {
    const auto agent = room_.make_agent({task_, trial_, try_.number, *environment_});
    Submission submission = agent->run(task_.shown, box, room_.recorder, deadline);
    if (stop_.stop_requested()) throw Cancelled();
    return submission;
  }

  void grade(const Submission& submission, Box& box) {
    const GradingRoom grading{room_.sandbox, room_.graders, *environment_, stop_,
                              room_.grade_empty_diffs};
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
    request.script = fmt::format("git add -A && git diff --cached --binary {}", kBaseTag);
    request.cwd = environment_->workdir;
    request.env = environment_->env;
    request.timeout = milliseconds(60'000);
    request.caps.head = kLargestDiff;
    const ExecResult result = box.exec(request);
    if (result.ok() && !result.out.truncated) return result.out.bytes;
    anomalies_.push_back("the diff at the limit could not be taken: " + to_utf8(result.err.bytes));
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
