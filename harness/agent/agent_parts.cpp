#include "harness/agent/agent_parts.hpp"

#include <nlohmann/json.hpp>

namespace weir {

using nlohmann::json;

ModelAgentParts handed_over(ModelAgentParts&& from, const PreparedEnvironment& environment) {
  return {.kind = from.kind,
          .ledger = std::move(from.ledger),
          .policy = from.policy,
          .limits = from.limits,
          .sandbox = from.sandbox,
          .busy_boxes = from.busy_boxes,
          .environment = environment,
          .visible_tests = std::move(from.visible_tests),
          .outlook = std::move(from.outlook),
          .members = std::move(from.members),
          .seed = from.seed,
          .try_number = from.try_number,
          .attempt = from.attempt,
          .recorded = std::move(from.recorded),
          .cassette = std::move(from.cassette),
          .nonce = std::move(from.nonce),
          .part = std::move(from.part),
          .step = {},
          .forks = from.forks};
}

json brief_of(const ModelAgentParts& parts, const AgentTask& task) {
  json tiers = json::array();
  for (std::size_t tier = 0; tier < parts.policy.tiers.size(); ++tier) {
    const ModelSpec& spec = parts.ledger->spec(static_cast<int>(tier));
    tiers.push_back({{"name", spec.name}, {"model", spec.model}, {"thinking", spec.thinking}});
  }
  return {{"task",
           {{"id", task.id},
            {"suite", task.suite},
            {"difficulty", task.difficulty},
            {"instruction", task.instruction}}},
          {"attempt", parts.attempt},
          {"seed", parts.seed},
          {"tiers", tiers},
          {"threshold", parts.members.front().threshold},
          {"grid", parts.policy.grid},
          {"limits", {{"turns", parts.limits.turns}}}};
}

}  // namespace weir
