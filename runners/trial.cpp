#include "runners/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>

#include "runners/box_user.hpp"
#include "runners/grade/grader.hpp"
#include "runners/metered_box.hpp"
#include "runners/repository.hpp"
#include "runners/steps.hpp"
#include "runners/trial_setting.hpp"
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

constexpr const char* kCannotPart =
    "the thresholds part here, and the files could not be frozen (processes or shared memory are "
    "alive): what this one comes to is unknown";

/// A way to be walked: from the beginning, or from where it parted from another.
struct Way {
  std::vector<Trial> trials;  ///< whose outcome it brings
  std::optional<Fork> fork;   ///< or the fork's
  SnapshotPtr files;          ///< null: the environment's
  std::unique_ptr<Agent> agent;
  Clock::duration left;  ///< of the wall limit
  Clock::duration elapsed_left;
  milliseconds wall{0};  ///< until it parted
  milliseconds box{0};
};

/// What is acted upon: the task, or a step of it.
struct Stage {
  const Task& task;
  const PreparedEnvironment& environment;
  std::size_t step = 0;
};

/// `name` as the name of one folder.
std::string folder_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name.empty() || name.front() == '.' ? "_" + name : name;
}

class TrialRun {
 public:
  TrialRun(const Task& task, const std::vector<Trial>& trials, const std::set<std::string>& done,
           const TrialRoom& room, std::stop_token stop)
      : task_(task),
        trials_(trials),
        done_(done),
        room_(room),
        stop_(stop),
        setting_(task, room, std::move(stop)) {}

  std::vector<Try> run(int number) {
    number_ = number;
    for (const auto& trial : trials_) {
      if (done_.count(trial.id) == 0) room_.recorder.begin_try(trial, fresh_try(trial.id));
    }
    ways_.push_back(from_the_beginning(trials_));
    while (!ways_.empty()) {
      way_ = std::move(ways_.back());
      ways_.pop_back();
      walk();
    }
    return std::move(tries_);
  }

 private:
  Try fresh_try(const std::string& trial) const {
    Try attempt;
    attempt.trial = trial;
    attempt.number = number_;
    attempt.started_at = now();
    attempt.sandbox = room_.sandbox.description();
    return attempt;
  }

  Way from_the_beginning(std::vector<Trial> trials) const {
    return {.trials = std::move(trials),
            .fork = {},
            .files = {},
            .agent = {},
            .left = allowance(),
            .elapsed_left = limit_or_never(room_.elapsed_limit)};
  }

  void walk() {
    started_ = Clock::now();
    try_ = fresh_try("");
    agent_.reset();
    anomalies_ = nlohmann::json::array();
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
    try_.wall_ms = walked().count();
    arrive();
  }

  /// The way's end is the end of all who went it.
  void arrive() {
    if (way_.fork) {
      Fork fork = *way_.fork;
      fork.leaf = try_.leaf;
      fork.outcome = *try_.outcome;
      fork.stop_reason = try_.stop_reason;
      fork.message = try_.message;
      room_.recorder.record_fork(fork);
    }
    for (const auto& trial : way_.trials) {
      if (done_.count(trial.id) != 0) continue;
      Try attempt = try_;
      attempt.trial = trial.id;
      if (room_.audit) room_.audit(task_, attempt);
      room_.recorder.finish_try(attempt);
      tries_.push_back(std::move(attempt));
    }
  }

  [[nodiscard]] milliseconds walked() const {
    return way_.wall + std::chrono::duration_cast<milliseconds>(Clock::now() - started_);
  }

  /// Whether anybody still waits for what this way comes to.
  [[nodiscard]] bool awaited(const std::vector<Trial>& trials) const {
    return std::any_of(trials.begin(), trials.end(),
                       [&](const Trial& trial) { return done_.count(trial.id) == 0; });
  }

  /// Another way parts from the one that is walked.
  void part(Branch branch, const Deadline& deadline, const Deadline& elapsed,
            const MeteredBox& box) {
    Way way{.trials = {},
            .fork = std::move(branch.fork),
            .files = std::move(branch.files),
            .agent = std::move(branch.agent),
            .left = deadline.left(),
            .elapsed_left = elapsed.left(),
            .wall = walked(),
            .box = way_.box + box.worked()};
    const auto leaves = [&](const Trial& trial) {
      const auto& who = branch.trials;
      return std::find(who.begin(), who.end(), trial.id) != who.end();
    };
    auto& here = way_.trials;
    std::copy_if(here.begin(), here.end(), std::back_inserter(way.trials), leaves);
    here.erase(std::remove_if(here.begin(), here.end(), leaves), here.end());
    if (way.fork) {  // missing, until it is walked
      if (way.agent == nullptr) way.fork->message = kCannotPart;
      room_.recorder.record_fork(*way.fork);
    }
    if (way.agent != nullptr) {
      if (way.fork || awaited(way.trials)) ways_.push_back(std::move(way));
    } else {
      lose(way);
    }
  }

  /// Those who cannot go their way have no outcome. To begin anew would draw a second time for
  /// just the histories in which something is alive.
  void lose(const Way& way) {
    for (const auto& trial : way.trials) {
      if (done_.count(trial.id) != 0) continue;
      Try lost = fresh_try(trial.id);
      lost.outcome = Outcome::infra_error;
      lost.error_class = kCannotPartClass;
      lost.message = kCannotPart;
      lost.may_pass = false;
      lost.anomalies = "[]";
      lost.environment_sha256 = setting_.environment().sha256;
      lost.finished_at = now();
      lost.wall_ms = way.wall.count();
      room_.recorder.finish_try(lost);
      tries_.push_back(std::move(lost));
    }
  }

  void attempt() {
    for (const auto& each : setting_.prepare()) anomalies_.push_back(each);
    try_.environment_sha256 = setting_.environment().sha256;
    const Deadline elapsed(room_.watchdog, stop_, way_.elapsed_left);
    if (task_.shown.terminal.steps.empty()) {
      walk_once(elapsed);
    } else {
      walk_steps(elapsed);
    }
    try_.box_ms = way_.box.count();
  }

  void walk_once(const Deadline& elapsed) {
    const PhaseNetwork network = setting_.agents_network();
    PreparedEnvironment& environment = setting_.on_network(network);
    setting_.start_services(network);
    auto bare = setting_.open(environment, way_.files ? way_.files : environment.snapshot, network);
    take_home(*bare, environment.user, environment.env);
    Deadline deadline(room_.watchdog, elapsed, way_.left);
    MeteredBox box(std::move(bare), room_.busy_boxes, deadline);
    const Submission submission = act({task_, environment}, box, deadline, elapsed);
    note(submission);
    for (const auto& each : setting_.casualties()) anomalies_.push_back(each);
    if (!submission.failure) conclude(submission, box);
    way_.box += box.worked();
  }

  /// What the agent says of its trajectory.
  void note(const Submission& submission) {
    try_.leaf = submission.leaf;
    try_.error_class = submission.error_class;
    try_.may_pass = submission.may_pass;
    try_.message = submission.message;
    try_.model_ms += submission.model_time.count();
    try_.stop_reason = submission.stop;
    for (const auto& anomaly : submission.anomalies) anomalies_.push_back(anomaly);
    if (submission.failure) try_.outcome = submission.failure;
  }

  void conclude(const Submission& submission, Box& box) {
    if (way_.fork || awaited(way_.trials)) {
      grade(submission, box);
    } else {
      try_.outcome = Outcome::not_run;  // nobody asks
    }
  }

  /// A multi-step task: one box, a conversation for each step, graded on a frozen copy, so that
  /// no verifier's files ever reach an agent. Each step has its own time limit; the run's, and
  /// all others, hold for the steps together.
  void walk_steps(const Deadline& elapsed) {
    const auto& steps = task_.shown.terminal.steps;
    StepVerdicts verdicts(task_.hidden.terminal);
    PhaseNetwork now = setting_.agents_network(&steps.front());
    setting_.start_services(now);
    auto bare = setting_.open(setting_.on_network(now), setting_.environment().snapshot, now);
    Deadline whole(room_.watchdog, elapsed, way_.left);
    std::optional<MeteredBox> metered(std::in_place, std::move(bare), room_.busy_boxes, whole);
    do {
      const std::size_t i = verdicts.count();
      const Task& step = steps_.emplace_back(step_task(task_, i));
      const PhaseNetwork network = setting_.agents_network(&steps[i]);
      PreparedEnvironment& environment = setting_.on_network(network);
      if (steps[i].agent.user) environment.user = *steps[i].agent.user;
      if (!same_network(network, now)) {  // nothing that ran in one network goes on in another
        const SnapshotPtr files = metered->end();
        way_.box += metered->worked();
        metered.emplace(setting_.open(environment, files, network), room_.busy_boxes, whole);
        now = network;
      }
      MeteredBox& box = *metered;
      const auto& limit = step.shown.limits.agent;
      Deadline deadline(room_.watchdog, whole, limit ? Clock::duration(*limit) : kNever);
      box.follow(deadline);
      const std::string problem = begin_step(box, steps[i], environment, stop_);
      if (!problem.empty()) {
        if (i == 0) throw InfraError(fmt::format("step {}: {}", steps[i].name, problem));
        verdicts.add({Outcome::unresolved, problem, {}, {}, {}});
        break;
      }
      const Submission submission = act({step, environment, i}, box, deadline, whole);
      note(submission);
      if (submission.failure) break;
      if (submission.stop != StopReason::submitted) {
        anomalies_.push_back(fmt::format("step {}: the trajectory ended by its limit: {}",
                                         steps[i].name, name_of(submission.stop)));
      }
      const SnapshotPtr files = i + 1 == steps.size() ? box.end() : frozen(box);
      const auto& grading = std::get<RewardGrading>(step.hidden.grading);
      verdicts.add(grade_final_state(files, step.shown, grading, grading_room(steps[i].name)));
    } while (verdicts.goes_on() && !whole.expired());
    way_.box += metered->worked();
    for (const auto& each : setting_.casualties()) anomalies_.push_back(each);
    if (try_.outcome) return;  // its failure
    if (verdicts.count() < steps.size() && agent_ != nullptr) agent_->end_early();
    take(verdicts.total());
  }

  /// The files as they are; what the agent has running goes on.
  static SnapshotPtr frozen(Box& box) {
    SnapshotPtr files = box.snapshot();
    if (files == nullptr) files = box.copy();
    if (files == nullptr) throw InfraError("the box could not be frozen between two steps");
    return files;
  }

  static Clock::duration limit_or_never(milliseconds limit) {
    return limit.count() > 0 ? Clock::duration(limit) : kNever;
  }

  /// The shorter of the run's wall limit and the task's own, which is each step's where it has
  /// steps.
  Clock::duration allowance() const {
    const Clock::duration limit = limit_or_never(room_.wall_limit);
    if (!task_.shown.terminal.steps.empty()) return limit;
    const auto& own = task_.shown.limits.agent;
    return own ? std::min<Clock::duration>(limit, *own) : limit;
  }

  Submission act(const Stage& stage, MeteredBox& box, Deadline& deadline, const Deadline& elapsed) {
    part_ = [&](Branch branch) { part(std::move(branch), deadline, elapsed, box); };
    agent_ = agent_on(stage);
    Submission submission = agent_->run(stage.task.shown, box, room_.recorder, deadline);
    if (stop_.stop_requested()) throw Cancelled();
    return submission;
  }

  /// Who goes on from where its way parted, or from the step before; or somebody new.
  std::unique_ptr<Agent> agent_on(const Stage& stage) {
    if (way_.agent != nullptr) return std::move(way_.agent);
    const auto part = [this](Branch branch) { part_(std::move(branch)); };
    const AgentContext context{stage.task,        way_.trials, number_,
                               stage.environment, part,        stage.step};
    auto next = agent_ == nullptr ? nullptr : agent_->next_step(context);
    return next != nullptr ? std::move(next) : room_.make_agent(context);
  }

  GradingRoom grading_room(const std::string& step = "") const {
    GradingRoom room = setting_.grading_room(step);
    room.artifacts = artifacts_folder(step);
    return room;
  }

  /// Of the way's first trial, on behalf of all that go it; "" where none are kept.
  [[nodiscard]] std::filesystem::path artifacts_folder(const std::string& step = "") const {
    if (room_.artifacts.empty() || way_.fork) return {};
    const Trial& trial = way_.trials.front();
    const auto folder = room_.artifacts / folder_name(trial.task) / folder_name(trial.config) /
                        fmt::format("{}-{}", trial.attempt, number_);
    return step.empty() ? folder : folder / step;
  }

  void grade(const Submission& submission, Box& box) {
    const GradingRoom grading = grading_room();
    if (const auto* tests = std::get_if<PatchGrading>(&task_.hidden.grading)) {
      try_.submission = submission.patch ? *submission.patch : diff_of(box);
      if (try_.submission.empty() && submission.stop != StopReason::submitted) {
        try_.outcome = Outcome::agent_limit;  // a limit was hit and nothing was there to grade
        return;
      }
      take(grade_patch(try_.submission, task_.shown, *tests, task_.hidden.gold_patch, grading));
    } else if (const auto* reward = std::get_if<RewardGrading>(&task_.hidden.grading)) {
      take(grade_final_state(box.end(), task_.shown, *reward, grading));
    } else if (const auto& log = task_.hidden.terminal.log) {
      take(grade_test_log(box.end(), task_.shown, *log, grading));
    } else {
      take({Outcome::invalid, "the task has no way to be graded", {}, {}, {}});
    }
  }

  void take(const Verdict& verdict) {
    try_.outcome = verdict.outcome;
    try_.rewards = verdict.rewards;
    try_.evidence = verdict.evidence;
    try_.artifacts = verdict.artifacts;
    const bool kept = std::any_of(try_.artifacts.begin(), try_.artifacts.end(),
                                  [](const KeptArtifact& each) { return !each.path.empty(); });
    if (kept) try_.artifacts_in = artifacts_folder().string();
    if (!verdict.message.empty()) try_.message = verdict.message;
    for (const auto& anomaly : verdict.anomalies) anomalies_.push_back(anomaly);
  }

  /// The state at a limit, as a diff.
  std::string diff_of(Box& box) {
    ExecRequest request;
    request.script = fmt::format("git add -A && git diff --cached --binary {}", kBaseTag);
    request.cwd = setting_.environment().workdir;
    request.env = setting_.environment().env;
    request.timeout = milliseconds(60'000);
    request.caps.head = kLargestDiff;
    const ExecResult result = box.exec(request);
    if (result.ok() && !result.out.truncated) return result.out.bytes;
    anomalies_.push_back("the diff at the limit could not be taken: " + to_utf8(result.err.bytes));
    return {};
  }

  const Task& task_;
  const std::vector<Trial>& trials_;
  const std::set<std::string>& done_;
  const TrialRoom& room_;
  std::stop_token stop_;
  int number_ = 1;
  TrialSetting setting_;
  std::vector<Way> ways_;  ///< yet to be walked
  std::vector<Try> tries_;
  // Of the way that is walked.
  Way way_;
  std::list<Task> steps_;  ///< of a multi-step task, as far as it is walked
  std::unique_ptr<Agent> agent_;
  std::function<void(Branch)> part_;
  Clock::time_point started_;
  Try try_;
  nlohmann::json anomalies_;
};

}  // namespace

std::vector<Try> run_trials(const Task& task, const std::vector<Trial>& trials, int try_number,
                            const std::set<std::string>& done, const TrialRoom& room,
                            std::stop_token stop) {
  return TrialRun(task, trials, done, room, std::move(stop)).run(try_number);
}

Try run_trial(const Task& task, const Trial& trial, int try_number, const TrialRoom& room,
              std::stop_token stop) {
  return run_trials(task, {trial}, try_number, {}, room, std::move(stop)).front();
}

}  // namespace weir
