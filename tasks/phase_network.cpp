#include "tasks/phase_network.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir {
namespace {

/// The environment in which a verifier runs.
const EnvironmentDeclaration& environment_of(const Task& task, const GradedStep* step) {
  const Verifier& whole = task.hidden.terminal.verifier;
  const Verifier& own = step == nullptr ? whole : step->verifier;
  const bool separate = own.separate.value_or(whole.separate.value_or(false));
  if (separate && own.environment) return *own.environment;
  return separate && whole.environment ? *whole.environment : task.shown.terminal.environment;
}

void tell(const std::string& phase, const std::optional<NetworkPolicy>& network,
          std::vector<std::string>& told) {
  if (!network || network->mode == NetworkMode::none) return;
  const bool open = network->mode == NetworkMode::open;
  const std::string to = open ? "" : fmt::format(" to {}", fmt::join(network->allowed_hosts, ", "));
  told.push_back(fmt::format("{}a network{} is declared; the box has none", phase, to));
}

}  // namespace

std::optional<NetworkPolicy> agent_network(const Task& task, const AgentStep* step) {
  if (step != nullptr && step->agent.network) return step->agent.network;
  const TerminalDeclaration& shown = task.shown.terminal;
  return shown.agent.network ? shown.agent.network : shown.environment.network;
}

std::optional<NetworkPolicy> verifier_network(const Task& task, const GradedStep* step) {
  if (step != nullptr && step->verifier.phase.network) return step->verifier.phase.network;
  const auto& own = task.hidden.terminal.verifier.phase.network;
  return own ? own : environment_of(task, step).network;
}

std::vector<std::string> networks_not_given(const Task& task) {
  std::vector<std::string> told;
  const TerminalDeclaration& shown = task.shown.terminal;
  const TerminalGrading& hidden = task.hidden.terminal;
  tell("", shown.environment.network, told);
  tell("agent: ", shown.agent.network, told);
  tell("verifier: ", hidden.verifier.phase.network, told);
  if (hidden.verifier.environment) {
    tell("verifier's box: ", hidden.verifier.environment->network, told);
  }
  for (std::size_t i = 0; i < shown.steps.size(); ++i) {
    const std::string where = fmt::format("step {}: ", shown.steps[i].name);
    const Verifier& verifier = hidden.steps[i].verifier;
    tell(where + "agent: ", shown.steps[i].agent.network, told);
    tell(where + "verifier: ", verifier.phase.network, told);
    if (verifier.environment) tell(where + "verifier's box: ", verifier.environment->network, told);
  }
  return told;
}

}  // namespace weir
