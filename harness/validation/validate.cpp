#include "harness/validation/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "harness/agent/reference_agents.hpp"
#include "harness/validation/journal.hpp"
#include "results/quiet_recorder.hpp"
#include "runners/grade/grader.hpp"
#include "runners/oci/engine.hpp"
#include "runners/scheduler.hpp"
#include "runners/trial.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

std::vector<Task> load(const ValidateOptions& options) {
  std::vector<Task> tasks;
  std::set<std::string> ids;
  for (const auto& path : options.suites) {
    for (auto& task : load_suite(path, options.sources).tasks) {
      const bool wanted = options.tasks.empty() ||
                          std::any_of(options.tasks.begin(), options.tasks.end(),
                                      [&](auto& glob) { return glob_match(glob, task.shown.id); });
      if (!wanted) continue;
      if (!ids.insert(task.shown.id).second) {
        throw UserError(fmt::format("{}: task id \"{}\" is in another of the suites too; validate "
                                    "them one by one",
                                    path.string(), task.shown.id));
      }
      tasks.push_back(std::move(task));
    }
  }
  if (tasks.empty()) throw UserError("no task of these suites is asked for: see --task");
  return tasks;
}

/// Why the task's test log cannot be read; "" if it can.
std::string unknown_parser(const Task& task) {
  const auto& log = task.hidden.terminal.log;
  if (log && !knows_test_log(log->parser)) {
    return fmt::format("log parser \"{}\" is not supported yet", log->parser);
  }
  const auto* grading = std::get_if<PatchGrading>(&task.hidden.grading);
  if (grading == nullptr || grading->log_program) return {};
  if (find_log_parser(grading->log_parser) != nullptr) return {};
  return fmt::format("log parser \"{}\" is not supported yet", grading->log_parser);
}

/// Runs both reference agents on one task.
void examine(const Task& task, TaskValidity& validity, int attempts, TrialRoom room,
             const std::stop_token& stop) {
  for (const char* agent : {"nop", "oracle"}) {
    const bool gold = std::string_view(agent) == "oracle";
    room.make_agent = [gold](const AgentContext& context) {
      return gold ? make_oracle_agent(context.task.hidden, context.environment) : make_nop_agent();
    };
    for (int attempt = 1; attempt <= attempts; ++attempt) {
      Trial trial;
      trial.id = task.shown.id;
      trial.task = task.shown.id;
      trial.config = agent;
      trial.attempt = attempt;
      auto& result = gold ? validity.oracle : validity.nop;
      result.tries.push_back(run_trial(task, trial, 1, room, stop));
      fmt::print(stderr, "{} {}: {} ({})\n", task.shown.id, agent,
                 name_of(*result.tries.back().outcome),
                 format_duration(milliseconds(result.tries.back().wall_ms)));
    }
  }
  conclude(validity);
}

/// What the router could watch on this task. A task whose environment cannot be made has
/// said so already.
void look_at_visible(const Task& task, TaskValidity& validity, const TrialRoom& room,
                     const std::stop_token& stop) {
  if (validity.nop.always(Outcome::infra_error)) return;
  try {
    const auto environment = room.environments.get(task, stop);
    Deadline deadline(room.watchdog, stop);
    validity.visible = look_at_visible_tests(
        task, {room.sandbox, room.busy_boxes, *environment, milliseconds(120'000), deadline});
  } catch (const InfraError& error) {
    validity.visible.problem = error.what();
  }
}

std::unique_ptr<ValidationJournal> open_journal(const ValidateOptions& options) {
  if (options.journal.empty()) return nullptr;
  return std::make_unique<ValidationJournal>(options.journal,
                                             JournalKey{options.environment, options.attempts});
}

/// Of the task in its environment; "" where that cannot be had, which running it will say.
std::string environment_digest(const Task& task, EnvironmentCache& environments) {
  try {
    return environments.digest_of(task);
  } catch (const InfraError&) {
    return {};
  }
}

/// Why the images of the task's services cannot be had on this machine at all; "" if they may be.
std::string missing_engine(const Task& task) {
  for (const auto& service : task.shown.services.beside) {
    if (!service.environment.image_only) continue;
    try {
      (void)Engine::find();
      return {};
    } catch (const InfraError&) {
      return fmt::format(
          "service {} is an image, which takes podman or docker (scripts/setup --extras installs "
          "podman)",
          service.name);
    }
  }
  return {};
}

TaskValidity about(const Task& task) {
  TaskValidity validity;
  validity.id = task.shown.id;
  validity.format = task.shown.format;
  validity.sha256 = task.sha256;
  validity.reason = task.defect.empty() ? task.unsupported : task.defect;
  if (validity.reason.empty()) validity.reason = unknown_parser(task);
  if (validity.reason.empty()) validity.reason = missing_engine(task);
  if (!validity.reason.empty()) {
    validity.standing = task.defect.empty() ? Standing::unsupported : Standing::broken;
  }
  return validity;
}

/// What judging tasks shares. Everything in it is safe to share.
struct Validation {
  const ValidateOptions& options;
  const RunControl& control;
  const TrialRoom& room;
  ValidationJournal* journal;  ///< null: none
};

/// Throws Cancelled if it is stopped before the task is judged.
TaskValidity judge(const Task& task, const Validation& validation) {
  TaskValidity validity = about(task);
  if (!validity.reason.empty()) return validity;
  std::string environment;
  if (validation.journal != nullptr) {
    environment = environment_digest(task, validation.room.environments);
    if (auto known = validation.journal->known(validity.id, environment)) return std::move(*known);
  }
  const std::stop_token stop = validation.control.stopping();
  examine(task, validity, validation.options.attempts, validation.room, stop);
  look_at_visible(task, validity, validation.room, stop);
  if (validation.journal != nullptr) validation.journal->keep(validity, environment);
  return validity;
}

/// Judges the tasks side by side; what was left undone has no value.
std::vector<std::optional<TaskValidity>> judge_all(const std::vector<Task>& tasks, int jobs,
                                                   const Validation& validation) {
  std::vector<std::optional<TaskValidity>> results(tasks.size());
  std::atomic<std::size_t> done = 0;
  const auto work = [&](std::size_t i) {
    try {
      const TaskValidity& validity = results[i].emplace(judge(tasks[i], validation));
      fmt::print(stderr, "[{}/{}] {}: {}{}\n", ++done, tasks.size(), validity.id,
                 name_of(validity.standing), validity.known ? " (known)" : "");
    } catch (const Cancelled&) {  // it stays as if never begun
    }
  };
  run_jobs(tasks.size(), jobs, work, validation.control.draining());
  return results;
}

}  // namespace

ValidatedTasks validate(const ValidateOptions& options, const RunControl& control) {
  const auto sandbox = make_box_sandbox();
  require_base(options.environment, *sandbox, "--environment");
  const std::vector<Task> tasks = load(options);
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int jobs = options.jobs > 0 ? options.jobs : cores;
  const auto journal = open_journal(options);
  EnvironmentCache environments(*sandbox, static_cast<std::size_t>(jobs) + 2, options.environment);
  Limiter busy_boxes(cores);
  Limiter graders(cores);
  Watchdog watchdog;
  QuietRecorder recorder;
  const TrialRoom room{*sandbox, environments, busy_boxes, graders, watchdog,
                       recorder, {},           true,       {}};
  ValidatedTasks validated;
  for (auto& result : judge_all(tasks, jobs, {options, control, room, journal.get()})) {
    if (result) {
      validated.tasks.push_back(std::move(*result));
    } else {
      ++validated.left;
    }
  }
  return validated;
}

}  // namespace weir
