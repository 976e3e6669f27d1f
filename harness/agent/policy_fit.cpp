#include "harness/agent/policy_fit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace weir {
namespace {

/// Signals nobody can know of keystrokes in a living shell: there is no exit status, its folder
/// is unknown, and there is no frozen state to compare files with.
constexpr auto kUnknownAlive = std::to_array<const char*>(
    {"patch_rejected", "nonzero_exit", "command_timeout", "edit_unparsable"});

}  // namespace

std::string needs_state_back(const Policy& policy) {
  if (policy.tree) return "[explore] design = \"tree\"";
  if (policy.fork > 0) return "[explore] fork";
  return policy.files_only ? "undo = \"files_only\"" : "";
}

std::string policy_conflict(const AgentKind& kind, const Policy& policy) {
  if (!kind.lives_on) return "";
  const std::string what = needs_state_back(policy);
  if (what.empty()) return "";
  return fmt::format(
      "has {}, and the shell of the agent \"{}\" lives from turn to turn: it can neither be frozen "
      "nor brought back with the files alone. Remove it, or use the agent \"bash\"",
      what, kind.name);
}

std::vector<std::string> policy_deviations(const AgentKind& kind, const Policy& policy) {
  if (!kind.lives_on || policy.tiers.size() < 2 || policy.blind()) return {};
  std::vector<std::string> notes;
  if (policy.redo == Redo::rollback) {
    notes.push_back(fmt::format(
        "redo = \"rollback\": an executed turn of the agent \"{}\" cannot be undone; where it "
        "escalates, the turn stays and the next one goes up (mode next_turn, undo none). Drafts "
        "are redone as ever",
        kind.name));
  }
  std::vector<std::string> unknown;
  for (const char* signal : kUnknownAlive) {
    const auto weight = policy.weights.find(signal);
    if (weight != policy.weights.end() && weight->second > 0) unknown.emplace_back(signal);
  }
  if (!unknown.empty()) {
    notes.push_back(
        fmt::format("unknown under the agent \"{}\", so that their weights count for nothing: {}",
                    kind.name, fmt::join(unknown, ", ")));
  }
  return notes;
}

}  // namespace weir
