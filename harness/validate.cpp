#include "harness/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/agent/reference_agents.hpp"
#include "runners/grade/grader.hpp"
#include "runners/scheduler.hpp"
#include "runners/trial.hpp"
#include "tasks/error.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// Validation keeps nothing: its verdicts are its output.
class ForgetfulRecorder final : public Recorder {
 public:
  void begin_try(const Trial&, const Try&) override {}
  void begin_segment(const Segment&) override {}
  void intend(const Call&) override {}
  void settle(const Call&) override {}
  void judge(const Decision&, const std::vector<Signal>&) override {}
  void finish_turn(const Turn&) override {}
  void finish_try(const Try&) override {}
  void record_fork(const Fork&) override {}
};

void conclude(TaskValidity& task) {
  const auto first_bad = [](const ReferenceResult& result, auto bad) {
    const auto found = std::find_if(result.tries.begin(), result.tries.end(), bad);
    return found == result.tries.end() ? std::string()
                                       : fmt::format("{}{}{}", name_of(*found->outcome),
                                                     found->message.empty() ? "" : ": ",
                                                     found->message);
  };
  const bool nop_mixed = !task.nop.always(Outcome::resolved) && !task.nop.never(Outcome::resolved);
  const bool oracle_mixed =
      !task.oracle.always(Outcome::resolved) && !task.oracle.never(Outcome::resolved);
  const std::string missing = first_bad(task.nop, [](const Try& t) { return is_missing(*t.outcome); });
  if (!missing.empty()) {
    task.reason = missing;
  } else if (nop_mixed || oracle_mixed) {
    task.reason = fmt::format("flaky: {} differs between attempts", nop_mixed ? "nop" : "oracle");
  } else if (!task.nop.never(Outcome::resolved)) {
    task.reason = "doing nothing passes";
  } else if (!task.oracle.always(Outcome::resolved)) {
    task.reason = "the gold solution does not pass: " +
                  first_bad(task.oracle, [](const Try& t) { return t.outcome != Outcome::resolved; });
  } else {
    task.valid = true;
  }
}

/// The rewards of one step, or the task's own ("").
json rewards_of(const Try& attempt, const std::string& step) {
  json rewards = json::object();
  for (const auto& entry : attempt.rewards) {
    if (entry.step == step) rewards[entry.key] = entry.value;
  }
  return rewards;
}

/// The steps that were graded, in their order.
json steps_of(const Try& attempt) {
  json steps = json::array();
  for (const auto& entry : attempt.rewards) {
    if (entry.step.empty() || (!steps.empty() && steps.back().at("name") == entry.step)) continue;
    steps.push_back({{"name", entry.step}, {"rewards", rewards_of(attempt, entry.step)}});
  }
  return steps;
}

json reference_json(const ReferenceResult& result) {
  if (result.tries.empty()) return nullptr;
  const Try& last = result.tries.back();
  const json rewards = rewards_of(last, "");
  const json reward = rewards.value("reward", json());
  json out = {{"outcome", name_of(*last.outcome)}, {"reward", reward}, {"rewards", rewards},
              {"seconds", static_cast<double>(last.wall_ms) / 1000}};
  if (!last.message.empty()) out["message"] = last.message;
  if (const json steps = steps_of(last); !steps.empty()) out["steps"] = steps;
  return out;
}

std::vector<Task> load(const ValidateOptions& options) {
  std::vector<Task> tasks;
  for (const auto& path : options.suites) {
    for (auto& task : load_suite(path, options.sources).tasks) {
      const bool wanted = options.tasks.empty() ||
                          std::any_of(options.tasks.begin(), options.tasks.end(), [&](auto& glob) {
                            return glob_match(glob, task.shown.id);
                          });
      if (wanted) tasks.push_back(std::move(task));
    }
  }
  return tasks;
}

/// Why the task's test log cannot be read; "" if it can.
std::string unknown_parser(const Task& task) {
  const auto& log = task.hidden.terminal.log;
  if (log && !knows_test_log(log->parser)) {
    return fmt::format("log parser \"{}\" is not supported yet", log->parser);
  }
  const auto* grading = std::get_if<PatchGrading>(&task.hidden.grading);
  if (grading == nullptr || find_log_parser(grading->log_parser) != nullptr) return {};
  return fmt::format("log parser \"{}\" is not supported yet", grading->log_parser);
}

/// Runs both reference agents on one task.
void examine(const Task& task, TaskValidity& validity, int attempts, TrialRoom room) {
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
      result.tries.push_back(run_trial(task, trial, 1, room, {}));
      fmt::print(stderr, "{} {}: {} ({})\n", task.shown.id, agent,
                 name_of(*result.tries.back().outcome),
                 format_duration(milliseconds(result.tries.back().wall_ms)));
    }
  }
  conclude(validity);
}

/// What the router could watch on this task. A task whose environment cannot be made has
/// said so already.
void look_at_visible(const Task& task, TaskValidity& validity, const TrialRoom& room) {
  if (validity.nop.always(Outcome::infra_error)) return;
  try {
    const auto environment = room.environments.get(task);
    Deadline deadline(room.watchdog, std::stop_token());
    validity.visible = look_at_visible_tests(
        task, {room.sandbox, room.busy_boxes, *environment, milliseconds(120'000), deadline});
  } catch (const InfraError& error) {
    validity.visible.problem = error.what();
  }
}

json visible_json(const VisibleTests& visible) {
  if (visible.command.empty()) {
    return {{"command", nullptr}, {"problem", visible.problem}};
  }
  return {{"command", visible.command},
          {"found", visible.found},
          {"red_at_start", visible.red_at_start},
          {"holds_hidden", visible.hold_hidden()},
          {"overlap", visible.overlap()},
          {"fail_to_pass", visible.fail_to_pass},
          {"pass_to_pass", visible.pass_to_pass},
          {"shared_files", visible.shared_files}};
}

}  // namespace

bool ReferenceResult::always(Outcome outcome) const {
  return std::all_of(tries.begin(), tries.end(),
                     [&](const Try& attempt) { return attempt.outcome == outcome; });
}

bool ReferenceResult::never(Outcome outcome) const {
  return std::none_of(tries.begin(), tries.end(),
                      [&](const Try& attempt) { return attempt.outcome == outcome; });
}

std::vector<TaskValidity> validate(const ValidateOptions& options) {
  const std::vector<Task> tasks = load(options);
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int jobs = options.jobs > 0 ? options.jobs : cores;
  const auto sandbox = make_box_sandbox();
  EnvironmentCache environments(*sandbox, static_cast<std::size_t>(jobs) + 2, options.environment);
  Limiter busy_boxes(cores);
  Limiter graders(cores);
  Watchdog watchdog;
  ForgetfulRecorder recorder;
  const TrialRoom room{*sandbox, environments, busy_boxes, graders, watchdog, recorder, {}, true, {}};

  std::vector<TaskValidity> results(tasks.size());
  run_jobs(
      tasks.size(), jobs,
      [&](std::size_t i) {
        const Task& task = tasks[i];
        TaskValidity& validity = results[i];
        validity.id = task.shown.id;
        validity.format = task.shown.format;
        validity.reason = task.defect.empty() ? task.unsupported : task.defect;
        if (validity.reason.empty()) validity.reason = unknown_parser(task);
        validity.unsupported = task.defect.empty() && !validity.reason.empty();
        if (!validity.reason.empty()) return;
        examine(task, validity, options.attempts, room);
        look_at_visible(task, validity, room);
      },
      {});
  return results;
}

json validity_json(const std::vector<TaskValidity>& tasks) {
  json list = json::array();
  int valid = 0;
  int unsupported = 0;
  for (const auto& task : tasks) {
    valid += task.valid ? 1 : 0;
    unsupported += task.unsupported ? 1 : 0;
    list.push_back({{"id", task.id},
                    {"format", task.format},
                    {"nop", reference_json(task.nop)},
                    {"oracle", reference_json(task.oracle)},
                    {"valid", task.valid},
                    {"reason", task.reason.empty() ? json() : json(task.reason)},
                    {"visible_tests", visible_json(task.visible)},
                    {"unsupported", task.unsupported}});
  }
  return {{"tasks", list},
          {"valid", valid},
          {"invalid", static_cast<int>(tasks.size()) - valid - unsupported},
          {"unsupported", unsupported}};
}

}  // namespace weir
