#include "tasks/terminal_limits.hpp"

#include <fmt/format.h>

#include "tasks/env_template.hpp"

namespace weir {
namespace {

/// Nothing of the host's environment enters a box: a task could ask for any key.
std::optional<std::string> no_host(const std::string&) {
  return {};
}

void deviate(Task& task, const std::string& what) {
  task.shown.environment.deviations.push_back(what);
}

/// Values for the box; those that need the host's variables make the task unsupported.
std::map<std::string, std::string> env_for(Task& task, const std::string& table,
                                           const EnvTemplates& templates) {
  ResolvedEnv resolved = resolve_env(templates, no_host);
  for (const auto& each : resolved.missing) {
    add_unsupported(task, fmt::format("{}.{}; none is passed on", table, each));
  }
  for (const auto& each : resolved.defaulted) deviate(task, fmt::format("{}.{}", table, each));
  return resolved.values;
}

void take_resources(Task& task, const EnvironmentDeclaration& declared, const BoxInMaking& box,
                    TaskLimits& limits) {
  limits.memory = declared.memory;
  limits.disk = declared.storage;
  limits.cpus = declared.cpus;
  if (declared.os != "linux") add_unsupported(task, box.whose + "needs Windows");
  if (declared.gpus.value_or(0) > 0) {
    add_unsupported(task,
                    fmt::format("{}needs {} GPUs; boxes have none", box.whose, *declared.gpus));
  }
  if (declared.tpu) add_unsupported(task, box.whose + "needs a TPU; boxes have none");
  if (declared.build_timeout) {
    constexpr milliseconds kOurs = std::chrono::minutes(10);
    if (*declared.build_timeout > kOurs) {
      box.environment.deviations.push_back(
          fmt::format("environment.build_timeout_sec is {}; each build step has {}",
                      format_duration(*declared.build_timeout), format_duration(kOurs)));
    }
  }
}

/// `where` says whose verifier it is: the task's own (""), or a step's.
void take_verifier(Task& task, Verifier& verifier, const std::string& where) {
  verifier.env = env_for(task, where + "verifier.env", verifier.env);
}

void take_steps(Task& task) {
  auto& steps = task.hidden.terminal.steps;
  for (auto& step : steps) {
    take_verifier(task, step.verifier, fmt::format("step {}: ", step.name));
  }
}

/// Who grades gets what the task's verifier declares.
void take_grading(Task& task) {
  const TerminalGrading& declared = task.hidden.terminal;
  auto* grading = std::get_if<RewardGrading>(&task.hidden.grading);
  if (grading == nullptr) return;
  grading->env = declared.verifier.env;
  grading->user = declared.verifier.phase.user.value_or("root");
  grading->collect = declared.verifier.collect;
  grading->artifacts = declared.artifacts;
}

}  // namespace

void add_unsupported(Task& task, const std::string& reason) {
  task.unsupported += (task.unsupported.empty() ? "" : "; ") + reason;
}

void take_dockerfile(Task& task, const Dockerfile& dockerfile, const BoxInMaking& box) {
  Environment& environment = box.environment;
  environment.base = dockerfile.from;
  environment.build = dockerfile.steps;
  environment.stages = dockerfile.origins;
  environment.entrypoint = dockerfile.entrypoint;
  if (!dockerfile.workdir.empty()) environment.workdir = dockerfile.workdir;
  for (const auto& each : dockerfile.deviations) environment.deviations.push_back(each);
  if (!dockerfile.unsupported.empty()) add_unsupported(task, box.whose + dockerfile.unsupported);
}

void take_declaration(Task& task, const EnvironmentDeclaration& declared, const BoxInMaking& box,
                      TaskLimits& limits) {
  Environment& environment = box.environment;
  if (declared.docker_image) environment.base = *declared.docker_image;
  if (declared.workdir) {
    environment.workdir = *declared.workdir;
    environment.workdir_declared = true;
  }
  environment.env = env_for(task, box.whose + "environment.env", declared.env);
  environment.healthcheck = declared.healthcheck;
  take_resources(task, declared, box, limits);
}

void take_environment(Task& task) {
  const TerminalDeclaration& shown = task.shown.terminal;
  const EnvironmentDeclaration& declared = shown.environment;
  Environment& environment = task.shown.environment;
  take_declaration(task, declared, {"", environment}, task.shown.limits);
  environment.user = shown.agent.user.value_or("root");
  environment.user_declared = shown.agent.user.has_value();
  task.shown.limits.agent = shown.agent.timeout;
  task.shown.limits.verifier = task.hidden.terminal.verifier.phase.timeout;
  if (!declared.mcp_servers.empty()) {
    add_unsupported(task, fmt::format("needs the MCP server {}", declared.mcp_servers[0].name));
  }
  take_verifier(task, task.hidden.terminal.verifier, "");
  take_grading(task);
  task.hidden.solution_env = env_for(task, "solution.env", task.hidden.solution_env);
  take_steps(task);
  for (const auto& key : shown.unknown) deviate(task, key + ": unknown, ignored");
}

}  // namespace weir
