#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/arm.hpp"

namespace weir {

/// What an arm is there for.
enum class ArmKind {
  reference,  ///< gold or nothing: no model acts
  plain,      ///< one tier on every turn
  cascade,    ///< several tiers and a policy that looks at turns
  control,    ///< routes by nothing a turn shows
};

struct ArmRole {
  ArmKind kind = ArmKind::plain;
  std::vector<std::string> tiers;  ///< names of models, cheapest first
  std::string control;             ///< random_share, threshold, attempts, pre_router; "" if none
  double share = 0;                ///< of random_share
  std::optional<int> stay = 1;     ///< of a policy; nullopt: the rest
};
[[nodiscard]] ArmRole role_of(const ConfigRow& config);

/// The arm that has `tier` on every turn; nullptr if there is none.
[[nodiscard]] const Arm* plain_arm(const std::vector<Arm>& arms, const std::string& tier);

/// Which controls a cascade is shown without, among `arms`: its base tier alone, its top
/// tier alone, by name, and a random switch. A comparison without them cannot tell the policy's
/// merit from the strong tier's, or from chance.
[[nodiscard]] std::vector<std::string> missing_controls(const ArmRole& cascade,
                                                        const std::vector<Arm>& arms);

}  // namespace weir
