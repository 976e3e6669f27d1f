#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/worlds/world.hpp"

namespace weir {

/// How one way to choose a threshold fared over replications of one world.
struct MethodScore {
  std::string name;
  int replications = 0;
  /// Called any threshold good whose true resolve rate is below the target (of the
  /// references: chose one).
  int violations = 0;
  int abstained = 0;
  double regret = 0;         ///< mean of true cost over the best's, less 1, where it chose
  double with_fallback = 0;  ///< the same over all, with the most escalating where it abstained
  [[nodiscard]] double violation_rate() const { return double(violations) / replications; }
  [[nodiscard]] double abstention_rate() const { return double(abstained) / replications; }
};

struct WorldScore {
  std::string world;
  double target = 0;
  std::vector<MethodScore> methods;  ///< reference betting first
  double covers_resolved = 0;        ///< share of choices whose band held the true resolve rate
  double covers_cost = 0;
  double worst_bias = 0;   ///< |z| of the plain estimates' mean, over thresholds
  double mean_weight = 0;  ///< over thresholds and replications
};

struct StudyPlan {
  int replications = 1000;
  int tasks = 400;
  int attempts = 3;
  double delta = 0.1;
  Draws draws = Draws::independent;
  std::uint64_t seed = 1;
};

[[nodiscard]] WorldScore study_world(const World& world, const StudyPlan& plan);

/// The most violations that delta lets expect: delta + 2.58 sqrt(delta (1 - delta) / n).
[[nodiscard]] double allowed_violations(const StudyPlan& plan);

}  // namespace weir
