#include "harness/task_init/task_init.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/task_init/suite_folder.hpp"
#include "harness/validation/validate.hpp"
#include "runners/git_history.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/problem_text.hpp"
#include "tasks/swebench_dialect.hpp"
#include "tasks/swebench_task.hpp"
#include "tasks/test_files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

/// "owner/name" as ids and folders have it.
std::string folder_name(std::string name) {
  return name.replace(name.find('/'), 1, "__");
}

std::string checked_name(const std::string& name) {
  const auto slash = name.find('/');
  const bool two = slash != std::string::npos && slash > 0 && slash + 1 < name.size();
  if (!two || plain_file_name(name.substr(0, slash)) != name.substr(0, slash) ||
      plain_file_name(name.substr(slash + 1)) != name.substr(slash + 1)) {
    throw UserError(
        fmt::format("--name {}: must be OWNER/NAME, of letters, digits, - _ and .", name));
  }
  return name;
}

/// Why no task can be made of the commit, as far as can be told without running anything.
std::string why_not(const HistoryCommit& commit, const SplitPatch& split) {
  if (commit.parent.empty()) return "it is a first commit: there is nothing before it";
  if (split.tests.files.empty()) return "it changes no tests: nothing would show that it is solved";
  if (split.solution.files.empty()) return "it changes tests alone: there is nothing to solve";
  if (to_utf8(commit.diff) != commit.diff) return "its diff is not UTF-8: JSON cannot carry it";
  return {};
}

/// Makes the tasks, one commit after the other.
class TaskMaker {
 public:
  explicit TaskMaker(const TaskInitOptions& options)
      : options_(options),
        history_(options.repository),
        name_(options.name.empty() ? history_.name() : checked_name(options.name)),
        commits_(wanted_commits()),
        folder_(options.folder.empty() ? fs::path(folder_name(name_)) : options.folder),
        suite_(folder_) {
    recipe_.env = options.env;
    recipe_.test_command = options.test_command;
    recipe_.packages = options.packages;
    sandbox_ = make_box_sandbox();
  }

  TaskInitResult make() {
    TaskInitResult result{folder_, {}};
    for (const auto& commit : commits_) {
      CommitTask& task = result.tasks.emplace_back();
      task.commit = commit.sha;
      task.id = folder_name(name_) + "-" + commit.sha.substr(0, 8);
      task.kept = !options_.force && suite_.holds(task.id);
      if (!task.kept) make(commit, task);
      tell(task);
    }
    return result;
  }

 private:
  /// Of the commits asked for: all that were named, and those of ranges that may be fixes.
  std::vector<HistoryCommit> wanted_commits() const {
    std::vector<HistoryCommit> wanted;
    for (const auto& spec : options_.commits) {
      const bool range = spec.find("..") != std::string::npos;
      for (const auto& sha : history_.commits(spec)) {
        const bool again = std::any_of(wanted.begin(), wanted.end(),
                                       [&](const auto& commit) { return commit.sha == sha; });
        if (again) continue;
        HistoryCommit commit = history_.read(sha);
        if (range && !why_not(commit, split_patch(parse_patch(commit.diff))).empty()) continue;
        wanted.push_back(std::move(commit));
      }
    }
    if (wanted.empty()) {
      throw UserError(
          fmt::format("--from-git {}: no commit there changes both tests and other files",
                      fmt::join(options_.commits, " ")));
    }
    return wanted;
  }

  void make(const HistoryCommit& commit, CommitTask& task) {
    const SplitPatch split = split_patch(parse_patch(commit.diff));
    task.refusal = why_not(commit, split);
    if (!task.refusal.empty()) return;
    const ProblemText problem = problem_text(commit.message, split.solution);
    task.warnings = problem.warnings;
    SwebenchInstance instance = instance_of(commit, split);
    instance.id = task.id;
    instance.problem_statement = problem.text;
    try {
      task.found = find(instance);
      task.refusal = task.found.refusal;
      task.seen = task.found.seen;
      if (task.refusal.empty()) keep(std::move(instance), task.found);
    } catch (const std::runtime_error& error) {  // the machine's, or the folder's
      task.refusal = error.what();
    }
  }

  SwebenchInstance instance_of(const HistoryCommit& commit, const SplitPatch& split) const {
    SwebenchInstance instance;
    instance.dialect = &dialect_of(json::object());
    instance.repo = name_;
    instance.base_commit = commit.parent;
    instance.patch = render(split.solution);
    instance.test_patch = render(split.tests);
    instance.other = {{"created_at", commit.date},
                      {"environment_setup_commit", commit.parent},
                      {"fix_commit", commit.sha},
                      {"hints_text", ""},
                      {"version", ""}};
    return instance;
  }

  /// The task as grading would see it, but for the lists that are to be found.
  FoundTests find(const SwebenchInstance& instance) {
    SwebenchSources sources{SuiteSources{}};
    sources.recipes[instance.id] = in_place(recipe_);
    Task task = task_of(instance, sources, write_instance(instance).dump());
    task.shown.environment.repository->source = history_.directory();
    return find_tests(task, {in_place(recipe_).test_command, options_.log_parser},
                      {*sandbox_, busy_boxes_, watchdog_, options_.attempts, options_.note});
  }

  void keep(SwebenchInstance instance, const FoundTests& found) {
    instance.fail_to_pass = found.transitions.fail_to_pass;
    instance.pass_to_pass = found.transitions.pass_to_pass;
    Recipe recipe = recipe_;
    recipe.test_command = found.tests.command;
    recipe.log_parser = found.tests.log_parser;
    history_.copy_commit(instance.base_commit, suite_.repository(name_));
    suite_.put(instance, recipe);
  }

  void tell(const CommitTask& task) const {
    for (const auto& warning : task.warnings) {
      options_.note(fmt::format("{}: the problem text: {}", task.id, warning));
    }
    const TestTransitions& tests = task.found.transitions;
    if (!tests.flaky.empty()) {
      options_.note(
          fmt::format("{}: flaky, in neither list: {}", task.id, fmt::join(tests.flaky, ", ")));
    }
    if (!tests.unclear.empty()) {
      options_.note(fmt::format("{}: read in two ways, in neither list: {}", task.id,
                                fmt::join(tests.unclear, ", ")));
    }
    if (!tests.pass_to_fail.empty()) {
      options_.note(fmt::format("{}: broken by the fix itself: {}", task.id,
                                fmt::join(tests.pass_to_fail, ", ")));
    }
    if (task.kept) options_.note(fmt::format("{}: is there already; --force replaces it", task.id));
    if (task.refusal.empty()) return;
    options_.note(fmt::format("{}: refused: {}", task.id, task.refusal));
    if (!task.seen.empty()) options_.note(task.seen);
  }

  const TaskInitOptions& options_;
  GitHistory history_;
  std::string name_;
  std::vector<HistoryCommit> commits_;
  fs::path folder_;
  SuiteFolder suite_;
  Recipe recipe_;  ///< as asked for: its command may be empty
  std::unique_ptr<Sandbox> sandbox_;
  Limiter busy_boxes_{static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))};
  Watchdog watchdog_;
};

void validate_made(TaskInitResult& result, int attempts) {
  ValidateOptions options;
  options.suites = {result.folder};
  options.attempts = attempts;
  for (const auto& task : result.tasks) {
    if (task.refusal.empty()) options.tasks.push_back(task.id);
  }
  if (options.tasks.empty()) return;
  const RunControl uninterrupted;
  for (auto& validity : validate(options, uninterrupted).tasks) {
    const auto task = std::find_if(result.tasks.begin(), result.tasks.end(),
                                   [&](const auto& made) { return made.id == validity.id; });
    if (task != result.tasks.end()) task->validity = std::move(validity);
  }
}

json task_json(const CommitTask& task) {
  const TestTransitions& tests = task.found.transitions;
  json out = {{"commit", task.commit},
              {"id", task.id},
              {"valid", task.valid()},
              {"kept", task.kept},
              {"refused", task.refusal.empty() ? json() : json(task.refusal)},
              {"warnings", task.warnings},
              {"validity", nullptr}};
  if (!task.seen.empty()) out["seen"] = task.seen;
  if (!task.found.tests.command.empty()) {
    out["test_cmd"] = task.found.tests.command;
    out["log_parser"] = task.found.tests.log_parser;
    out["fail_to_pass"] = tests.fail_to_pass;
    out["pass_to_pass"] = tests.pass_to_pass;
    out["pass_to_fail"] = tests.pass_to_fail;
    out["flaky"] = tests.flaky;
    out["unclear"] = tests.unclear;
  }
  if (task.validity) out["validity"] = validity_json({*task.validity}).at("tasks").at(0);
  return out;
}

}  // namespace

bool TaskInitResult::all_valid() const {
  return std::all_of(tasks.begin(), tasks.end(), [](const auto& task) { return task.valid(); });
}

TaskInitResult init_tasks(const TaskInitOptions& options) {
  TaskInitResult result = TaskMaker(options).make();
  validate_made(result, options.attempts);
  return result;
}

json task_init_json(const TaskInitResult& result) {
  json tasks = json::array();
  int valid = 0;
  int refused = 0;
  for (const auto& task : result.tasks) {
    tasks.push_back(task_json(task));
    valid += task.valid() ? 1 : 0;
    refused += task.refusal.empty() ? 0 : 1;
  }
  return {{"folder", result.folder.string()},
          {"tasks", tasks},
          {"valid", valid},
          {"invalid", static_cast<int>(result.tasks.size()) - valid - refused},
          {"refused", refused}};
}

}  // namespace weir
