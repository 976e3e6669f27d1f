#include "harness/agent/agent_kinds.hpp"

#include <algorithm>

#include "harness/agent/bash_interface.hpp"
#include "harness/agent/bash_protocol.hpp"
#include "harness/agent/terminal_interface.hpp"
#include "harness/agent/terminal_protocol.hpp"
#include "tasks/digest.hpp"

namespace weir {

std::string AgentKind::sha256() const {
  return asks_models() ? protocol_sha256() : weir::sha256(std::string(name));
}

const std::vector<AgentKind>& agent_kinds() {
  static const std::vector<AgentKind> kinds = {
      {"bash", make_bash_interface, bash_protocol_sha256},
      {"terminal", make_terminal_interface, terminal_protocol_sha256, true},
      {"oracle", nullptr, nullptr},
      {"nop", nullptr, nullptr},
  };
  return kinds;
}

const AgentKind* find_agent_kind(std::string_view name) {
  const auto& kinds = agent_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [&](const AgentKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::vector<std::string> agent_names() {
  std::vector<std::string> names;
  for (const auto& kind : agent_kinds()) names.emplace_back(kind.name);
  return names;
}

bool asks_models(std::string_view agent) {
  const AgentKind* kind = find_agent_kind(agent);
  return kind != nullptr && kind->asks_models();
}

}  // namespace weir
