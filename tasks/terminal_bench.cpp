// Task folders of the old Terminal-Bench: task.yaml, Dockerfile, docker-compose.yaml,
// run-tests.sh, tests/, solution.sh.

#include <fmt/format.h>

#include "tasks/compose_task.hpp"
#include "tasks/dockerfile.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/terminal_bench_yaml.hpp"
#include "tasks/terminal_limits.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// What the harness sets for the compose file: where things stand in Weir's boxes.
ComposeRules compose_rules() {
  ComposeRules rules;
  rules.main = "client";
  rules.main_declared = true;
  rules.variables = {{"T_BENCH_TEST_DIR", "/tests"},
                     {"T_BENCH_CONTAINER_LOGS_PATH", "/logs"},
                     {"T_BENCH_CONTAINER_AGENT_LOGS_PATH", "/agent-logs"},
                     {"T_BENCH_TASK_LOGS_PATH", "/logs"},
                     {"T_BENCH_TASK_AGENT_LOGS_PATH", "/agent-logs"},
                     {"T_BENCH_TASK_DOCKER_NAME_PREFIX", "task"},
                     {"T_BENCH_TASK_DOCKER_CLIENT_IMAGE_NAME", "client"},
                     {"T_BENCH_TASK_DOCKER_CLIENT_CONTAINER_NAME", "client"}};
  rules.log_folders = {"/logs", "/agent-logs"};
  rules.hidden = {"tests", "run-tests.sh", "solution.sh", "solution.yaml", "task.yaml"};
  return rules;
}

void read_compose_file(const fs::path& folder, Task& task) {
  const fs::path file = folder / "docker-compose.yaml";
  if (fs::exists(file)) take_compose(task, file, compose_rules());
  task.shown.environment.env.emplace("TEST_DIR", "/tests");
  task.shown.environment.build.push_back({BuildStep::Kind::run, {"mkdir -p /agent-logs"}});
}

/// Where the parts of the folder are, and what grades it.
void read_parts(const fs::path& folder, const BenchTask& declared, Task& task) {
  TestLogGrading log;
  log.run_tests = folder / "run-tests.sh";
  if (!fs::is_regular_file(log.run_tests)) {
    throw UserError(fmt::format("{}: is missing", log.run_tests.string()));
  }
  if (fs::is_directory(folder / "tests")) log.tests = folder / "tests";
  for (const char* name : {"solution.sh", "solution.yaml"}) {
    if (log.solution.empty() && fs::is_regular_file(folder / name)) log.solution = folder / name;
  }
  log.parser = declared.parser_name;
  log.same_shell = declared.same_shell;
  task.hidden.terminal.log = std::move(log);
  const fs::path dockerfile = folder / "Dockerfile";
  if (!fs::is_regular_file(dockerfile)) {
    throw UserError(fmt::format("{}: is missing", dockerfile.string()));
  }
  task.shown.environment.build_context = folder;
  take_dockerfile(task, parse_dockerfile(read_file(dockerfile)), {"", task.shown.environment});
  read_compose_file(folder, task);
}

void read_task(const fs::path& folder, Task& task) {
  const fs::path file = folder / "task.yaml";
  const BenchTask declared = read_bench_task(read_file(file), file.string());
  AgentTask& shown = task.shown;
  shown.instruction = declared.instruction;
  shown.difficulty = declared.difficulty;
  shown.limits.agent = shown.terminal.agent.timeout = declared.agent_timeout;
  shown.limits.verifier = task.hidden.terminal.verifier.phase.timeout = declared.test_timeout;
  shown.terminal.authors = {fmt::format("{} <{}>", declared.author_name, declared.author_email)};
  shown.terminal.keywords = declared.tags;
  shown.terminal.category = declared.category;
  shown.terminal.estimates = declared.estimates;
  shown.terminal.unknown = declared.unknown;
  for (const auto& key : declared.unknown) {
    shown.environment.deviations.push_back(key + ": unknown, ignored");
  }
  read_parts(folder, declared, task);
  if (declared.same_shell) {
    shown.environment.deviations.emplace_back(
        "run_tests_in_same_shell: tests run in a shell of their own");
  }
  task.sha256 = folder_digest(folder);
}

}  // namespace

bool detect_terminal_bench(const fs::path& path) {
  return fs::is_regular_file(path / "task.yaml");
}

std::vector<Task> load_terminal_bench(const fs::path& path, const SuiteSources&) {
  return load_folder_task(path, read_task);
}

}  // namespace weir
