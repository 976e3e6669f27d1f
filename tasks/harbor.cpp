// Harbor task folders: task.toml, instruction.md, environment/, tests/, solution/, steps/.

#include <fmt/format.h>

#include <algorithm>

#include "tasks/compose_task.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/harbor_toml.hpp"
#include "tasks/terminal_limits.hpp"
#include "tasks/verifier_box.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// The folder if it is there, else "".
fs::path folder_or_none(const fs::path& folder) {
  return fs::is_directory(folder) ? folder : "";
}

/// What the format calls a script on the task's system.
std::string script(const Task& task, const std::string& stem) {
  return stem + (task.shown.terminal.environment.os == "windows" ? ".bat" : ".sh");
}

void require_file(const fs::path& file, const std::string& why) {
  if (!fs::is_regular_file(file)) {
    throw UserError(fmt::format("{}: is missing{}", file.string(), why));
  }
}

/// A solution/ without its script could never be run; an empty one is none.
fs::path solution_in(const fs::path& folder, const Task& task) {
  const fs::path solution = folder_or_none(folder / "solution");
  if (solution.empty() || fs::is_empty(solution)) return "";
  require_file(solution / script(task, "solve"), "");
  return solution;
}

void read_steps(const fs::path& folder, Task& task) {
  auto& shown = task.shown.terminal.steps;
  auto& hidden = task.hidden.terminal.steps;
  const std::string test = script(task, "test");
  const bool common_tests = fs::is_regular_file(folder / "tests" / test);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const fs::path step = folder / "steps" / shown[i].name;
    const std::string why = fmt::format(", which step \"{}\" of task.toml needs", shown[i].name);
    require_file(step / "instruction.md", why);
    shown[i].instruction = read_file(step / "instruction.md");
    shown[i].workdir = folder_or_none(step / "workdir");
    hidden[i].tests = folder_or_none(step / "tests");
    if (!common_tests) require_file(step / "tests" / test, why);
    hidden[i].solution = solution_in(step, task);
  }
  const auto solved = [](const GradedStep& step) { return !step.solution.empty(); };
  if (std::none_of(hidden.begin(), hidden.end(), solved)) return;
  for (const auto& step : hidden) {
    if (solved(step)) continue;
    throw UserError(fmt::format("{}: is missing, though other steps have a solution",
                                (folder / "steps" / step.name / "solution").string()));
  }
}

/// Variables that Harbor sets for a compose file: where things stand in Weir's boxes.
ComposeRules compose_rules(const Task& task) {
  const TaskLimits& limits = task.shown.limits;
  constexpr std::int64_t kMiB = 1 << 20;
  ComposeRules rules;
  rules.main = "main";
  rules.variables = {{"MAIN_IMAGE_NAME", "main"},
                     {"CONTEXT_DIR", "."},
                     {"CPUS", fmt::format("{}", limits.cpus.value_or(1))},
                     {"MEMORY", fmt::format("{}m", limits.memory.value_or(2048 * kMiB) / kMiB)},
                     {"TEST_DIR", "/tests"}};
  const auto& image = task.shown.terminal.environment.docker_image;
  if (image) rules.variables["PREBUILT_IMAGE_NAME"] = *image;
  const std::map<std::string, std::string> folders = {{"VERIFIER_LOGS", "/logs/verifier"},
                                                      {"AGENT_LOGS", "/logs/agent"},
                                                      {"ARTIFACTS", "/logs/artifacts"}};
  for (const auto& [what, folder] : folders) {
    rules.variables[fmt::format("HOST_{}_PATH", what)] = folder;
    rules.variables[fmt::format("ENV_{}_PATH", what)] = folder;
    rules.log_folders.insert(folder);
  }
  return rules;
}

void read_compose_file(Task& task) {
  for (const char* name : {"docker-compose.yaml", "docker-compose.yml"}) {
    const fs::path file = task.shown.environment.build_context / name;
    if (!fs::exists(file)) continue;
    take_compose(task, file, compose_rules(task));
    break;
  }
  require_services(task);
}

void read_environment(const fs::path& folder, Task& task) {
  Environment& environment = task.shown.environment;
  environment.build_context = folder / "environment";
  const fs::path dockerfile = environment.build_context / "Dockerfile";
  if (fs::exists(dockerfile)) {
    take_dockerfile(task, parse_dockerfile(read_file(dockerfile)), {"", environment});
  }
  take_environment(task);
  read_compose_file(task);
  take_verifier_boxes(task, folder);
}

void read_task(const fs::path& folder, Task& task) {
  HarborToml toml = read_harbor_toml(ConfigFile::read(folder / "task.toml"));
  AgentTask& shown = task.shown;
  shown.declared_name = toml.declared_name;
  shown.difficulty = toml.difficulty;
  shown.visible_tests = toml.visible_tests;
  shown.terminal = std::move(toml.shown);
  task.hidden.terminal = std::move(toml.hidden);
  task.hidden.solution_env = std::move(toml.solution_env);
  task.hidden.grading = RewardGrading{folder / "tests", {}};
  if (shown.terminal.steps.empty()) {
    shown.instruction = read_file(folder / "instruction.md");
    require_file(folder / "tests" / script(task, "test"), "");
    task.hidden.solution = solution_in(folder, task);
  } else {
    read_steps(folder, task);
  }
  read_environment(folder, task);
  task.sha256 = folder_digest(folder);
}

}  // namespace

bool detect_harbor(const fs::path& path) {
  return fs::is_regular_file(path / "task.toml");
}

std::vector<Task> load_harbor(const fs::path& path, const SuiteSources&) {
  return load_folder_task(path, read_task);
}

}  // namespace weir
