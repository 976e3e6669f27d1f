// What a validation found out, as JSON: the contract's form, and a journal's.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/validation/validity.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

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
  json out = {{"outcome", name_of(*last.outcome)},
              {"reward", reward},
              {"rewards", rewards},
              {"seconds", static_cast<double>(last.wall_ms) / 1000}};
  if (result.tries.size() > 1) {
    out["outcomes"] = json::array();
    for (const auto& attempt : result.tries) out["outcomes"].push_back(name_of(*attempt.outcome));
  }
  if (!last.message.empty()) out["message"] = last.message;
  if (const json steps = steps_of(last); !steps.empty()) out["steps"] = steps;
  return out;
}

json visible_json(const VisibleTests& visible) {
  if (visible.command.empty()) {
    return {{"command", nullptr}, {"problem", visible.problem}};
  }
  return {{"command", visible.command},           {"found", visible.found},
          {"red_at_start", visible.red_at_start}, {"holds_hidden", visible.hold_hidden()},
          {"overlap", visible.overlap()},         {"fail_to_pass", visible.fail_to_pass},
          {"pass_to_pass", visible.pass_to_pass}, {"shared_files", visible.shared_files}};
}

json tries_row(const ReferenceResult& result) {
  json rows = json::array();
  for (const auto& attempt : result.tries) {
    json rewards = json::array();
    for (const auto& each : attempt.rewards) rewards.push_back({each.step, each.key, each.value});
    rows.push_back({{"outcome", name_of(*attempt.outcome)},
                    {"message", attempt.message},
                    {"wall_ms", attempt.wall_ms},
                    {"rewards", rewards}});
  }
  return rows;
}

ReferenceResult read_tries(const json& rows) {
  ReferenceResult result;
  for (const auto& row : rows) {
    Try attempt;
    const auto outcome = outcome_named(row.at("outcome").get<std::string>());
    if (!outcome) throw UserError("outcome is none of Weir's");
    attempt.outcome = *outcome;
    attempt.message = row.at("message").get<std::string>();
    attempt.wall_ms = row.at("wall_ms").get<std::int64_t>();
    for (const auto& each : row.at("rewards")) {
      attempt.rewards.push_back(
          {each.at(0).get<std::string>(), each.at(1).get<std::string>(), each.at(2).get<double>()});
    }
    result.tries.push_back(std::move(attempt));
  }
  return result;
}

json visible_row(const VisibleTests& visible) {
  return {{"command", visible.command},
          {"found", visible.found},
          {"problem", visible.problem},
          {"red_at_start", visible.red_at_start},
          {"fail_to_pass", {visible.fail_to_pass, visible.fail_to_pass_of}},
          {"pass_to_pass", {visible.pass_to_pass, visible.pass_to_pass_of}},
          {"shared_files", visible.shared_files},
          {"overlap_known", visible.overlap_known}};
}

VisibleTests read_visible(const json& row) {
  VisibleTests visible;
  row.at("command").get_to(visible.command);
  row.at("found").get_to(visible.found);
  row.at("problem").get_to(visible.problem);
  row.at("red_at_start").get_to(visible.red_at_start);
  row.at("fail_to_pass").at(0).get_to(visible.fail_to_pass);
  row.at("fail_to_pass").at(1).get_to(visible.fail_to_pass_of);
  row.at("pass_to_pass").at(0).get_to(visible.pass_to_pass);
  row.at("pass_to_pass").at(1).get_to(visible.pass_to_pass_of);
  row.at("shared_files").get_to(visible.shared_files);
  row.at("overlap_known").get_to(visible.overlap_known);
  return visible;
}

json reasons_json(const std::vector<TaskValidity>& tasks) {
  json list = json::array();
  for (const auto& each : reasons(tasks)) {
    list.push_back(
        {{"reason", each.reason}, {"standing", name_of(each.standing)}, {"tasks", each.tasks}});
  }
  return list;
}

}  // namespace

json validity_json(const std::vector<TaskValidity>& tasks) {
  json list = json::array();
  for (const auto& task : tasks) {
    list.push_back({{"id", task.id},
                    {"format", task.format},
                    {"nop", reference_json(task.nop)},
                    {"oracle", reference_json(task.oracle)},
                    {"valid", task.standing == Standing::valid},
                    {"standing", name_of(task.standing)},
                    {"reason", task.reason.empty() ? json() : json(task.reason)},
                    {"visible_tests", visible_json(task.visible)},
                    {"known", task.known},
                    {"unsupported", task.standing == Standing::unsupported}});
  }
  const int valid = count(tasks, Standing::valid);
  const int unsupported = count(tasks, Standing::unsupported);
  return {{"tasks", list},
          {"valid", valid},
          {"invalid", static_cast<int>(tasks.size()) - valid - unsupported},
          {"unsupported", unsupported},
          {"flaky", count(tasks, Standing::flaky)},
          {"broken", count(tasks, Standing::broken)},
          {"unjudged", count(tasks, Standing::unjudged)},
          {"reasons", reasons_json(tasks)}};
}

json validity_row(const TaskValidity& task) {
  return {{"id", task.id},
          {"format", task.format},
          {"task_sha256", task.sha256},
          {"standing", name_of(task.standing)},
          {"reason", task.reason},
          {"nop", tries_row(task.nop)},
          {"oracle", tries_row(task.oracle)},
          {"visible", visible_row(task.visible)}};
}

TaskValidity read_validity_row(const json& row) {
  try {
    TaskValidity task;
    row.at("id").get_to(task.id);
    row.at("format").get_to(task.format);
    row.at("task_sha256").get_to(task.sha256);
    task.nop = read_tries(row.at("nop"));
    task.oracle = read_tries(row.at("oracle"));
    task.visible = read_visible(row.at("visible"));
    conclude(task);  // the rules of today
    return task;
  } catch (const json::exception& error) {
    throw UserError(fmt::format("not a task of a journal ({})", error.what()));
  }
}

}  // namespace weir
