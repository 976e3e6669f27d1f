#include "harness/grade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/seed.hpp"
#include "results/store/verdict_book.hpp"
#include "runners/grade/grader.hpp"
#include "runners/scheduler.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

/// All a verdict depends on. The digest of a task covers its tests and its recipe.
std::string key_of(const Task& task, const std::string& patch, const std::string& environment,
                   std::optional<milliseconds> timeout) {
  Digest digest;
  digest.add(task.sha256).add(sha256(patch)).add(environment).add(kGraderVersion);
  digest.add(timeout ? std::to_string(timeout->count()) : "");
  return digest.hex();
}

KnownVerdict known_of(const std::string& instance, const Verdict& verdict) {
  KnownVerdict known{.outcome = verdict.outcome,
                     .message = verdict.message,
                     .anomalies = verdict.anomalies,
                     .report = "",
                     .test_log = verdict.test_log,
                     .evidence = verdict.evidence,
                     .applied = verdict.applied,
                     .at = now()};
  if (verdict.report) {
    known.report = to_json(instance, *verdict.report)
                       .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return known;
}

/// Tests that a limit ended say as much of the machine as of the diff: they are asked again.
bool says_of_the_diff(const KnownVerdict& verdict) {
  return !verdict.report.empty() || !verdict.applied;
}

InstanceState state_of(const KnownVerdict& verdict) {
  if (verdict.report.empty()) return InstanceState::no_report;
  return verdict.outcome == Outcome::resolved ? InstanceState::resolved : InstanceState::unresolved;
}

class Grading {
 public:
  Grading(const GradeOptions& options, const RunControl& control)
      : options_(options),
        control_(control),
        cores_(static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))),
        jobs_(options.jobs > 0 ? options.jobs : cores_),
        sandbox_(make_box_sandbox()),
        environments_(*sandbox_, static_cast<std::size_t>(jobs_) + 2, options.environment),
        graders_(jobs_),
        book_(options.db) {}

  GradedRun run() {
    require_base(options_.environment, *sandbox_, "--environment");
    load();
    find_predictions();
    std::atomic<std::size_t> done = 0;
    run_jobs(
        tasks_.size(), jobs_,
        [&](std::size_t i) {
          try {
            grade(tasks_[i], run_.instances[i]);
            ++done;
          } catch (const Cancelled&) {  // it stays as if never begun
          }
        },
        control_.draining());
    run_.left = tasks_.size() - done;
    return std::move(run_);
  }

 private:
  void load() {
    for (auto& task : load_suite(options_.suite, options_.sources).tasks) {
      const auto fits = [&](const std::string& glob) { return glob_match(glob, task.shown.id); };
      const bool wanted =
          options_.tasks.empty() || std::any_of(options_.tasks.begin(), options_.tasks.end(), fits);
      if (wanted) tasks_.push_back(std::move(task));
    }
    if (tasks_.empty()) throw UserError("no task of the suite matches --task");
  }

  void find_predictions() {
    for (const auto& task : tasks_) {
      GradedPrediction graded;
      graded.instance_id = task.shown.id;
      graded.dialect = task.shown.dialect;
      graded.task_sha256 = task.sha256;
      run_.instances.push_back(std::move(graded));
    }
    run_.name = options_.predictions;
    if (pseudo()) {
      for (std::size_t i = 0; i < tasks_.size(); ++i) {
        run_.instances[i].model = run_.name;
        if (run_.name == "gold") run_.instances[i].patch = tasks_[i].hidden.gold_patch;
        run_.instances[i].state = InstanceState::unresolved;
      }
      return;
    }
    const std::filesystem::path file = options_.predictions;
    run_.name = file.stem().string();
    run_.predictions = read_predictions(file);
    std::vector<std::string> ids;
    for (const auto& task : tasks_) ids.push_back(task.shown.id);
    if (options_.tasks.empty()) find_unknown_ids(run_.predictions, ids);
    for (const auto& row : run_.predictions.rows) {
      if (row.counts) take(row);
    }
  }

  void take(const Prediction& row) {
    const auto found = std::find_if(
        run_.instances.begin(), run_.instances.end(),
        [&](const GradedPrediction& each) { return each.instance_id == row.instance_id; });
    if (found == run_.instances.end()) {
      run_.foreign_ids.push_back(row.instance_id);
      return;
    }
    found->patch = row.patch;
    found->model = row.model;
    found->state = row.patch.empty() ? InstanceState::empty_patch : InstanceState::unresolved;
  }

  [[nodiscard]] bool pseudo() const { return run_.name == "gold" || run_.name == "empty"; }

  void grade(const Task& task, GradedPrediction& graded) {
    const auto started = std::chrono::steady_clock::now();
    if (graded.state == InstanceState::unresolved) {
      try {
        judge(task, graded);
      } catch (const InfraError& error) {
        graded.outcome = Outcome::infra_error;
        graded.state = InstanceState::no_report;
        graded.message = error.what();
      }
    } else if (graded.state == InstanceState::empty_patch) {
      graded.outcome = Outcome::unresolved;
      graded.message = "the prediction has no patch";
      graded.report = to_json(task.shown.id, report_without_patch()).dump();
    } else {
      graded.message = "no prediction";
    }
    graded.wall =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - started);
    if (graded.state == InstanceState::incomplete) return;
    fmt::print(stderr, "{}: {}{} ({}){}{}\n", graded.instance_id, name_of(graded.outcome),
               graded.known ? ", known" : "", format_duration(graded.wall),
               graded.message.empty() ? "" : ": ", graded.message);
  }

  /// Why the task cannot be graded; "" if it can.
  static std::string obstacle(const Task& task) {
    if (!task.defect.empty()) return task.defect;
    if (!task.unsupported.empty()) return "unsupported: " + task.unsupported;
    if (!std::holds_alternative<PatchGrading>(task.hidden.grading)) {
      return "is no SWE-bench instance: predictions are diffs";
    }
    const auto& grading = std::get<PatchGrading>(task.hidden.grading);
    if (grading.log_program || find_log_parser(grading.log_parser) != nullptr) return {};
    return fmt::format("unsupported: log parser \"{}\" is not known (--recipes FILE)",
                       grading.log_parser);
  }

  void judge(const Task& task, GradedPrediction& graded) {
    graded.message = obstacle(task);
    if (!graded.message.empty()) {
      graded.state = InstanceState::no_report;
      return;
    }
    const auto& grading = std::get<PatchGrading>(task.hidden.grading);
    graded.test_command = grading.prepare + grading.test_command;
    const std::string key =
        key_of(task, graded.patch, environments_.digest_of(task), options_.timeout);
    const auto known = options_.fresh ? std::nullopt : book_.find(key);
    KnownVerdict verdict = known ? *known : fresh(task, grading, graded.patch);
    graded.known = known.has_value();
    if (!graded.known && says_of_the_diff(verdict)) book_.keep(key, verdict);
    if (draw(1, "twice/" + graded.instance_id) < options_.twice) second_time(task, grading, graded);
    graded.outcome = verdict.outcome;
    graded.state = state_of(verdict);
    graded.message = verdict.message;
    graded.anomalies = std::move(verdict.anomalies);
    graded.report = std::move(verdict.report);
    graded.failure = failure_reason(verdict.test_log.empty() ? verdict.evidence : verdict.test_log);
    graded.test_log = std::move(verdict.test_log);
    graded.evidence = std::move(verdict.evidence);
  }

  /// A machine that fails then takes nothing from the first verdict.
  void second_time(const Task& task, const PatchGrading& grading, GradedPrediction& graded) {
    try {
      graded.second = fresh(task, grading, graded.patch).outcome;
    } catch (const InfraError& error) {
      fmt::print(stderr, "{}: not graded a second time: {}\n", graded.instance_id, error.what());
    }
  }

  KnownVerdict fresh(const Task& task, const PatchGrading& grading, const std::string& patch) {
    const EnvironmentPtr environment = environments_.get(task, control_.stopping());
    const GradingRoom room{*sandbox_,           graders_, *environment,
                           control_.stopping(), true,     options_.timeout};
    return known_of(task.shown.id,
                    grade_patch(patch, task.shown, grading, task.hidden.gold_patch, room));
  }

  const GradeOptions& options_;
  const RunControl& control_;
  int cores_;
  int jobs_;
  std::unique_ptr<Sandbox> sandbox_;
  EnvironmentCache environments_;
  Limiter graders_;
  VerdictBook book_;
  std::vector<Task> tasks_;
  GradedRun run_;
};

}  // namespace

GradedRun grade_predictions(const GradeOptions& options, const RunControl& control) {
  return Grading(options, control).run();
}

}  // namespace weir
