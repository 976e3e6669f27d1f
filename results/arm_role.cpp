#include "results/arm_role.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::vector<std::string> tiers_of(const std::string& text) {
  std::vector<std::string> names;
  const json tiers = json::parse(text, nullptr, false);
  if (!tiers.is_array()) return names;
  for (const auto& tier : tiers) names.push_back(tier.value("name", std::string()));
  return names;
}

/// A control's own text is one line: "NAME = VALUE" after its heading.
std::string control_named(const std::string& policy) {
  constexpr std::array<const char*, 4> kControls = {"random_share", "threshold", "attempts",
                                                    "pre_router"};
  constexpr std::string_view kHead = "[control]\n";
  if (policy.substr(0, kHead.size()) != kHead) return {};
  for (const char* name : kControls) {
    if (policy.compare(kHead.size(), std::string_view(name).size(), name) == 0) return name;
  }
  return {};
}

/// A policy's `stay`, as its text says it: a number or "rest".
std::optional<int> stay_of(const std::string& policy) {
  for (const auto line : split_lines(policy)) {
    const auto text = trimmed(line);
    if (!text.empty() && text.front() == '[') break;  // the top table only
    if (text.rfind("stay", 0) != 0) continue;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || trimmed(text.substr(4, equals - 4)) != "") continue;
    const auto value = trimmed(text.substr(equals + 1));
    if (value.rfind("\"rest\"", 0) == 0) return std::nullopt;
    return std::max(1, std::atoi(std::string(value).c_str()));
  }
  return 1;
}

}  // namespace

ArmRole role_of(const ConfigRow& config) {
  ArmRole role;
  role.tiers = tiers_of(config.tiers);
  role.control = control_named(config.policy);
  role.stay = stay_of(config.policy);
  if (config.agent == "oracle" || config.agent == "nop") {
    role.kind = ArmKind::reference;
  } else if (!role.control.empty()) {
    role.kind = ArmKind::control;
  } else if (role.tiers.size() > 1) {
    role.kind = ArmKind::cascade;
    if (config.policy.empty()) {  // as databases of old say it
      role.kind = ArmKind::control;
      role.control = "random_share";
    }
  }
  const auto equals = config.policy.find("random_share = ");
  if (role.control == "random_share" && equals != std::string::npos) {
    role.share = std::atof(config.policy.c_str() + equals + 15);
  }
  return role;
}

const Arm* plain_arm(const std::vector<Arm>& arms, const std::string& tier) {
  for (const auto& arm : arms) {
    const ArmRole role = role_of(arm.config);
    if (role.kind == ArmKind::plain && role.tiers == std::vector<std::string>{tier}) return &arm;
  }
  return nullptr;
}

std::vector<std::string> missing_controls(const ArmRole& cascade, const std::vector<Arm>& arms) {
  std::vector<std::string> missing;
  if (cascade.tiers.empty()) return missing;
  for (const std::string& tier : {cascade.tiers.front(), cascade.tiers.back()}) {
    if (plain_arm(arms, tier) == nullptr) missing.push_back(tier + " alone");
  }
  const bool blind = std::any_of(arms.begin(), arms.end(), [&](const Arm& arm) {
    const ArmRole role = role_of(arm.config);
    return role.control == "random_share" && role.tiers == cascade.tiers;
  });
  if (!blind) missing.emplace_back("a random switch at its share");
  return missing;
}

}  // namespace weir
