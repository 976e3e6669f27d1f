#include "harness/router/policy.hpp"

#include <array>
#include <cmath>

#include "harness/seed.hpp"

namespace weir {

std::string_view name_of(Redo redo) {
  constexpr std::array<std::string_view, 3> kNames = {"rollback", "before_execution", "next_turn"};
  return kNames[static_cast<std::size_t>(redo)];
}

Policy single_tier_policy(const std::string& tier) {
  Policy policy;
  policy.tiers = {tier};
  return policy;
}

double score_of(const Policy& policy, const std::map<std::string, double>& signals) {
  double kept = 1;
  for (const auto& [name, weight] : policy.weights) {
    const auto signal = signals.find(name);
    if (signal != signals.end()) kept *= 1 - weight * signal->second;
  }
  return 1 - kept;
}

DrawnThreshold draw_threshold(const Policy& policy, std::uint64_t seed, const std::string& task,
                              int attempt) {
  if (policy.grid.empty()) return {policy.threshold, 1};
  // A uniform start per task, then equal steps of 1/K around the circle of
  // probabilities: each attempt alone is distributed as probs say.
  const auto k = static_cast<double>(policy.grid.size());
  double u = draw(seed, "threshold/" + task) + static_cast<double>(attempt - 1) / k;
  u -= std::floor(u);
  std::size_t i = 0;
  for (double sum = policy.probs[0]; u >= sum && i + 1 < policy.grid.size();
       sum += policy.probs[i]) {
    ++i;
  }
  return {policy.grid[i], policy.probs[i]};
}

}  // namespace weir
