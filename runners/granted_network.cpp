#include "runners/granted_network.hpp"

#include "runners/egress.hpp"

namespace weir {

PhaseNetwork granted_network(const std::optional<NetworkPolicy>& declared, Network open_one) {
  const NetworkPolicy policy = declared.value_or(NetworkPolicy{});
  if (policy.mode == NetworkMode::none) return {};
  if (policy.mode == NetworkMode::open) return {open_one, {.all = true}};
  return {Network::proxy, {.all = false, .allowed = policy.allowed_hosts}};
}

void add_network(std::map<std::string, std::string>& env, const PhaseNetwork& network) {
  for (const auto& [name, value] : proxy_environment(network)) env[name] = value;
}

}  // namespace weir
