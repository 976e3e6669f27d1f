#include "tasks/verifier_box.hpp"

#include "tasks/dockerfile.hpp"
#include "tasks/files.hpp"
#include "tasks/terminal_limits.hpp"

namespace weir {
namespace fs = std::filesystem;
namespace {

/// What the box of `verifier` is to be: of several declarations the nearest.
const EnvironmentDeclaration& declaration_of(const Task& task, const Verifier& verifier) {
  const Verifier& whole = task.hidden.terminal.verifier;
  if (verifier.environment) return *verifier.environment;
  return whole.environment ? *whole.environment : task.shown.terminal.environment;
}

/// What the agent's box is built from, as it was before the agent came.
Environment as_the_agents(const Task& task) {
  Environment environment = task.shown.environment;
  environment.deviations.clear();
  environment.env.clear();
  environment.user = "root";
  return environment;
}

Environment built_from(Task& task, const EnvironmentDeclaration& declared, const fs::path& context,
                       const std::string& whose) {
  if (fs::exists(context / "docker-compose.yaml")) {
    add_unsupported(task, whose + "its docker-compose.yaml is not supported yet");
  }
  Environment environment;
  environment.build_context = context;
  if (fs::is_regular_file(context / "Dockerfile")) {
    take_dockerfile(task, parse_dockerfile(read_file(context / "Dockerfile")),
                    {whose, environment});
  } else if (!declared.docker_image) {
    environment = as_the_agents(task);
  }
  return environment;
}

void take(Task& task, const Verifier& verifier, const std::string& step, const fs::path& context) {
  const bool by_default = task.hidden.terminal.verifier.separate.value_or(false);
  if (!verifier.separate.value_or(by_default)) return;
  const std::string whose = (step.empty() ? "" : "step " + step + ": ") + "verifier's box: ";
  const EnvironmentDeclaration& declared = declaration_of(task, verifier);
  VerifierBox box{built_from(task, declared, context, whose), {}};
  take_declaration(task, declared, {whose, box.environment}, box.limits);
  task.hidden.verifier_boxes[step] = std::move(box);
}

}  // namespace

void take_verifier_boxes(Task& task, const fs::path& folder) {
  const auto& steps = task.hidden.terminal.steps;
  if (steps.empty()) take(task, task.hidden.terminal.verifier, "", folder / "tests");
  for (const auto& step : steps) {
    take(task, step.verifier, step.name, step.tests.empty() ? folder / "tests" : step.tests);
  }
}

}  // namespace weir
