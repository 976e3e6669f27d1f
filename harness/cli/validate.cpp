#include "harness/validation/validate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/quarantine_list.hpp"
#include "harness/cli/table.hpp"
#include "harness/interrupt.hpp"
#include "results/statistics/proportion.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace {

/// What an agent scored, attempt by attempt where they differ.
std::string verdict(const ReferenceResult& result) {
  if (result.tries.empty()) return "-";
  std::vector<std::string_view> outcomes;
  for (const auto& attempt : result.tries) outcomes.push_back(name_of(*attempt.outcome));
  if (result.always(*result.tries.front().outcome)) outcomes.resize(1);
  return fmt::format("{}", fmt::join(outcomes, ","));
}

std::string task_table(const std::vector<TaskValidity>& tasks) {
  std::vector<std::vector<std::string>> rows = {{"TASK", "FORMAT", "NOP", "ORACLE", "VERDICT"}};
  for (const auto& task : tasks) {
    const std::string standing(name_of(task.standing));
    rows.push_back({task.id, task.format, verdict(task.nop), verdict(task.oracle),
                    task.reason.empty() ? standing : standing + ": " + task.reason});
  }
  return columns(rows);
}

std::string reason_table(const std::vector<ReasonCount>& reasons) {
  std::vector<std::vector<std::string>> rows = {{"WHY NOT", "STANDING", "TASKS", "AMONG THEM"}};
  for (const auto& each : reasons) {
    std::string some = each.tasks.front();
    if (each.tasks.size() > 1) some += ", " + each.tasks.at(1);
    if (each.tasks.size() > 2) some += ", ...";
    rows.push_back({each.reason, std::string(name_of(each.standing)),
                    fmt::format("{}", each.tasks.size()), some});
  }
  return columns(rows);
}

/// How much of the tasks each denominator is, and what so few attempts can show.
void print_denominators(const std::vector<TaskValidity>& tasks, int attempts) {
  const int valid = count(tasks, Standing::valid);
  const int flaky = count(tasks, Standing::flaky);
  const int broken = count(tasks, Standing::broken);
  const int unjudged = count(tasks, Standing::unjudged);
  const int unsupported = count(tasks, Standing::unsupported);
  fmt::print("{} valid, {} invalid, {} unsupported\n", valid, flaky + broken + unjudged,
             unsupported);
  fmt::print("Denominators: {} tasks; {} that can run here; {} of them sound", tasks.size(),
             valid + flaky + broken, valid);
  if (flaky + broken > 0) fmt::print(" ({} flaky, {} broken)", flaky, broken);
  if (unjudged > 0) fmt::print("; {} unjudged, since the machine failed", unjudged);
  fmt::print("\n");
  if (valid == 0) return;
  fmt::print(
      "{} of {} attempts leave a chance of {:.0f} % (Jeffreys) that a sound task passes "
      "between 5 and 95 % of the time\n",
      attempts, attempts, 100 * flaky_posterior_mass(attempts, attempts));
}

/// A list is written over a list, and over nothing else that people keep.
void require_writable(const ValidateCommand& command) {
  const auto& file = command.quarantine;
  if (file.empty() || !std::filesystem::exists(file)) return;
  if (!std::filesystem::is_regular_file(file)) return;  // a pipe, a terminal
  (void)read_quarantine(file);
}

int interrupted(const ValidateCommand& command, const ValidatedTasks& validated) {
  const bool kept = !command.options.journal.empty();
  fmt::print(stderr, "\nInterrupted: {} of {} tasks are left. {}\n", validated.left,
             validated.left + validated.tasks.size(),
             kept ? "The same command goes on: the journal knows the others."
                  : "With --journal FILE a validation can go on where it was interrupted.");
  return kInterrupted;
}

/// Bad tasks weigh more than ones the machine failed on.
int exit_code(const std::vector<TaskValidity>& tasks) {
  if (count(tasks, Standing::flaky) + count(tasks, Standing::broken) > 0) return kInvalid;
  return count(tasks, Standing::unjudged) > 0 ? kIncomplete : kOk;
}

}  // namespace

int run(const ValidateCommand& command) {
  require_writable(command);
  RunControl control;
  const Interrupt interrupt(control);
  const ValidatedTasks validated = validate(command.options, control);
  if (validated.left > 0) return interrupted(command, validated);
  const auto& tasks = validated.tasks;
  if (!command.quarantine.empty()) {
    const Quarantine list = quarantine_of(tasks, command.options.attempts);
    replace_file(
        command.quarantine,
        quarantine_json(list).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    fmt::print(stderr, "wrote {}: {} tasks\n", command.quarantine.string(), list.tasks.size());
  }
  if (command.common.json) {
    fmt::print("{}\n",
               validity_json(tasks).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    for (const auto& task : tasks) {
      const std::string overlap = task.visible.overlap();
      if (!overlap.empty()) fmt::print(stderr, "{}: {}\n", task.id, overlap);
    }
    fmt::print("{}\n", task_table(tasks));
    const auto why = reasons(tasks);
    if (why.size() > 0) fmt::print("{}\n", reason_table(why));
    print_denominators(tasks, command.options.attempts);
  }
  return exit_code(tasks);
}

}  // namespace weir::cli
