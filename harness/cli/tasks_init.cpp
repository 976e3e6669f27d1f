// weir tasks init: a repository's own fixes as tasks.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "runners/grade/log_parsers.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir::cli {
namespace {

/// NAME=VALUE words as a map.
std::map<std::string, std::string> variables(const std::vector<std::string>& words) {
  std::map<std::string, std::string> env;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UserError(fmt::format("--env {}: must be NAME=VALUE", word));
    }
    env[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return env;
}

void require_parser(const std::string& name) {
  if (name.empty() || find_log_parser(name) != nullptr) return;
  std::vector<std::string> known;
  for (const auto& parser : log_parsers()) known.emplace_back(parser.name);
  throw UserError(
      fmt::format("--log-parser {}: no such parser{}", name, did_you_mean(name, known)));
}

std::string verdict(const CommitTask& task) {
  if (!task.refusal.empty()) return "refused: " + task.refusal;
  if (!task.validity) return "not validated";
  const std::string kept = task.kept ? " (was there already)" : "";
  return (task.valid() ? "valid" : "invalid: " + task.validity->reason) + kept;
}

void print_table(const TaskInitResult& result) {
  std::vector<std::vector<std::string>> rows = {
      {"COMMIT", "TASK", "FAIL_TO_PASS", "PASS_TO_PASS", "FLAKY", "VERDICT"}};
  int valid = 0;
  for (const auto& task : result.tasks) {
    const TestTransitions& tests = task.found.transitions;
    const auto count = [&](const std::vector<std::string>& ids) {
      return task.found.tests.command.empty() ? std::string("-") : fmt::format("{}", ids.size());
    };
    rows.push_back({task.commit.substr(0, 12), task.id, count(tests.fail_to_pass),
                    count(tests.pass_to_pass), count(tests.flaky), verdict(task)});
    valid += task.valid() ? 1 : 0;
  }
  fmt::print("{}\n{}: {} of {} commits are valid tasks\n", columns(rows), result.folder.string(),
             valid, result.tasks.size());
}

}  // namespace

int run(const TasksInitCommand& command) {
  TaskInitOptions options = command.options;
  options.env = variables(command.env);
  require_parser(options.log_parser);
  options.note = [](const std::string& what) { fmt::print(stderr, "{}\n", printable(what)); };
  const TaskInitResult result = init_tasks(options);
  for (const auto& task : result.tasks) {
    const std::string overlap = task.validity ? task.validity->visible.overlap() : "";
    if (!overlap.empty()) fmt::print(stderr, "{}: {}\n", task.id, overlap);
  }
  if (command.common.json) {
    fmt::print("{}\n", task_init_json(result).dump(2, ' ', false,
                                                   nlohmann::json::error_handler_t::replace));
  } else {
    print_table(result);
  }
  return result.all_valid() ? kOk : kInvalid;
}

}  // namespace weir::cli
