#include "tasks/terminal_limits.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

void tell_network(Task& task, const std::string& phase,
                  const std::optional<NetworkPolicy>& network) {
  if (!network || network->mode == NetworkMode::none) return;
  if (network->mode == NetworkMode::open) {
    deviate(task, phase + "a network is declared; the box has none");
  } else {
    deviate(task, fmt::format("{}a network to {} is declared; the box has none", phase,
                              fmt::join(network->allowed_hosts, ", ")));
  }
}

void take_resources(Task& task) {
  const EnvironmentDeclaration& declared = task.shown.terminal.environment;
  TaskLimits& limits = task.shown.limits;
  limits.memory = declared.memory;
  limits.disk = declared.storage;
  limits.cpus = declared.cpus;
  if (declared.os != "linux") add_unsupported(task, "needs Windows");
  if (declared.gpus.value_or(0) > 0) {
    add_unsupported(task, fmt::format("needs {} GPUs; boxes have none", *declared.gpus));
  }
  if (declared.tpu) add_unsupported(task, "needs a TPU; boxes have none");
  if (declared.build_timeout) {
    constexpr milliseconds kOurs = std::chrono::minutes(10);
    if (*declared.build_timeout > kOurs) {
      deviate(task, fmt::format("environment.build_timeout_sec is {}; each build step has {}",
                                format_duration(*declared.build_timeout), format_duration(kOurs)));
    }
  }
}

/// `where` says whose verifier it is: the task's own (""), or a step's.
void take_verifier(Task& task, Verifier& verifier, const std::string& where) {
  if (verifier.separate) {
    add_unsupported(task, where + "a verifier in an environment of its own is not supported yet");
  }
  for (const auto& each : verifier.collect) {
    if (each.service == "main") continue;
    add_unsupported(task, fmt::format("{}verifier.collect in the service {}", where, each.service));
  }
  verifier.env = env_for(task, where + "verifier.env", verifier.env);
  tell_network(task, where + "verifier: ", verifier.phase.network);
}

void take_steps(Task& task) {
  auto& steps = task.shown.terminal.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string where = fmt::format("step {}: ", steps[i].name);
    tell_network(task, where + "agent: ", steps[i].agent.network);
    take_verifier(task, task.hidden.terminal.steps[i].verifier, where);
  }
}

/// Artifacts of the task and of its steps; a verdict rests on the box alone.
void tell_artifacts(Task& task) {
  const TerminalGrading& grading = task.hidden.terminal;
  std::size_t declared = grading.artifacts.size();
  for (const auto& step : grading.steps) declared += step.artifacts.size();
  if (declared > 0) deviate(task, fmt::format("{} artifacts are declared; none is kept", declared));
}

}  // namespace

void add_unsupported(Task& task, const std::string& reason) {
  task.unsupported += (task.unsupported.empty() ? "" : "; ") + reason;
}

void take_dockerfile(Task& task, const Dockerfile& dockerfile) {
  Environment& environment = task.shown.environment;
  environment.base = dockerfile.from;
  environment.build = dockerfile.steps;
  environment.stages = dockerfile.origins;
  environment.entrypoint = dockerfile.entrypoint;
  if (!dockerfile.workdir.empty()) environment.workdir = dockerfile.workdir;
  for (const auto& each : dockerfile.deviations) deviate(task, each);
  if (!dockerfile.unsupported.empty()) add_unsupported(task, dockerfile.unsupported);
}

void take_environment(Task& task) {
  const EnvironmentDeclaration& declared = task.shown.terminal.environment;
  Environment& environment = task.shown.environment;
  if (declared.docker_image) environment.base = *declared.docker_image;
  if (declared.workdir) {
    environment.workdir = *declared.workdir;
    environment.workdir_declared = true;
  }
  environment.user = task.shown.terminal.agent.user.value_or("root");
  environment.user_declared = task.shown.terminal.agent.user.has_value();
  environment.env = env_for(task, "environment.env", declared.env);
  task.shown.limits.agent = task.shown.terminal.agent.timeout;
  task.shown.limits.verifier = task.hidden.terminal.verifier.phase.timeout;
  take_resources(task);
  tell_network(task, "", declared.network);
  tell_network(task, "agent: ", task.shown.terminal.agent.network);
  environment.healthcheck = declared.healthcheck;
  if (!declared.mcp_servers.empty()) {
    add_unsupported(task, fmt::format("needs the MCP server {}", declared.mcp_servers[0].name));
  }
  if (declared.skills_dir) {
    deviate(task, fmt::format("skills in {} are not shown to the agent", *declared.skills_dir));
  }
  Verifier& verifier = task.hidden.terminal.verifier;
  take_verifier(task, verifier, "");
  if (auto* grading = std::get_if<RewardGrading>(&task.hidden.grading)) {
    grading->env = verifier.env;
    grading->user = verifier.phase.user.value_or("root");
    grading->collect = verifier.collect;
  }
  task.hidden.solution_env = env_for(task, "solution.env", task.hidden.solution_env);
  take_steps(task);
  tell_artifacts(task);
  for (const auto& key : task.shown.terminal.unknown) deviate(task, key + ": unknown, ignored");
}

}  // namespace weir
