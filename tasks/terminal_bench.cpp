// Task folders of the old Terminal-Bench: task.yaml, Dockerfile, docker-compose.yaml,
// run-tests.sh, tests/, solution.sh.

#include <fmt/format.h>

#include "tasks/dockerfile.hpp"
#include "tasks/env_template.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/format.hpp"
#include "tasks/terminal_bench_yaml.hpp"
#include "tasks/terminal_limits.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// Variables the harness sets for the compose file: where things stand in Weir's boxes.
std::optional<std::string> bench_variable(const std::string& name) {
  static const std::map<std::string, std::string> values = {
      {"T_BENCH_TEST_DIR", "/tests"},
      {"T_BENCH_CONTAINER_LOGS_PATH", "/logs"},
      {"T_BENCH_CONTAINER_AGENT_LOGS_PATH", "/agent-logs"},
      {"T_BENCH_TASK_LOGS_PATH", "/logs"},
      {"T_BENCH_TASK_AGENT_LOGS_PATH", "/agent-logs"},
      {"T_BENCH_TASK_DOCKER_CLIENT_IMAGE_NAME", "client"},
      {"T_BENCH_TASK_DOCKER_CLIENT_CONTAINER_NAME", "client"}};
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

void read_compose(const fs::path& folder, Task& task) {
  const fs::path file = folder / "docker-compose.yaml";
  Environment& environment = task.shown.environment;
  environment.env["TEST_DIR"] = "/tests";
  if (!fs::exists(file)) return;
  const BenchCompose compose = read_bench_compose(read_file(file), file.string());
  if (!compose.has_client) {
    throw UserError(fmt::format("{}: has no service \"client\"", file.string()));
  }
  for (const auto& each : compose.beyond) {
    add_unsupported(task, "docker-compose.yaml: " + each + " is not supported yet");
  }
  task.shown.terminal.environment.env = compose.env;
  const ResolvedEnv resolved = resolve_env(compose.env, bench_variable);
  for (const auto& each : resolved.missing) {
    add_unsupported(task, "docker-compose.yaml: " + each + "; none is passed on");
  }
  for (const auto& each : resolved.defaulted) environment.deviations.push_back(each);
  for (const auto& [name, value] : resolved.values) environment.env[name] = value;
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
  task.shown.environment.build.push_back({BuildStep::Kind::run, {"mkdir -p /agent-logs"}});
  read_compose(folder, task);
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
