#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/agent/computer_interface.hpp"

namespace weir {

/// An agent as experiments name it.
struct AgentKind {
  std::string_view name;
  /// How it works with a box; nullptr for one that asks no model.
  std::unique_ptr<ComputerInterface> (*interface)(const ComputerInterface::Parts& parts);
  /// Digest of prompts, tools and rules; nullptr likewise.
  const std::string& (*protocol_sha256)();
  /// Processes of it outlive turns: its box cannot be frozen, an executed turn not be undone.
  bool lives_on = false;

  [[nodiscard]] bool asks_models() const { return interface != nullptr; }
  /// Identifies what it does, for an arm's row and for certificates.
  [[nodiscard]] std::string sha256() const;
};

[[nodiscard]] const std::vector<AgentKind>& agent_kinds();
/// nullptr if there is none of this name.
[[nodiscard]] const AgentKind* find_agent_kind(std::string_view name);
[[nodiscard]] std::vector<std::string> agent_names();
/// Whether the agent of this name asks models; one that is not known does not.
[[nodiscard]] bool asks_models(std::string_view agent);

}  // namespace weir
