#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/calibration/exploration_log.hpp"

namespace weir {

/// A world in which every threshold's resolve rate and cost are known exactly: what a
/// calibrator says can be held against the truth.
///
/// A task has a class (how hard it is). A run of it has `turns` turns. At each the weak
/// model errs with the class's chance, more so after a turn that went wrong (`drag`).
/// A score in [0,1] is then drawn, on 21 levels, from one distribution after an error
/// and from another one otherwise; some good turns are `quiet` (score 0). At scores of
/// the threshold and above the turn is made again by the strong model, which errs with
/// a chance of its own, whatever the weak one did: so escalating may break a good turn.
/// Each turn that stands wrong multiplies the chance to resolve by 1 - damage. Context
/// grows by the turn; a strong turn costs more after a weak one, whose cache it is not.
struct World {
  struct Class {
    double share = 1;
    double base = 1;  ///< chance to resolve without any error
    double weak = 0;  ///< chance to err, per turn
    double strong = 0;
  };
  static constexpr std::size_t kLevels = 21;

  std::string name;
  int turns = 9;
  std::vector<Class> classes;
  std::array<double, kLevels> after_error{};  ///< of the score's levels; each sums to 1
  std::array<double, kLevels> otherwise{};
  double drag = 0;  ///< added to the chance to err after a turn that stands wrong
  double damage = 0;
  double weak_cost = 1e-4;  ///< USD per turn and per turn of context
  double strong_warm = 1e-3;
  double strong_cold = 4e-3;
  std::vector<double> grid;
  std::vector<double> probs;  ///< of the grid's thresholds
  double target = 0;

  struct Truth {
    double resolved = 0;
    double usd = 0;  ///< mean per run
  };
  /// Exact, by summing over all paths.
  [[nodiscard]] Truth truth(double threshold) const;
  /// Index of the cheapest threshold of the grid that keeps the target; there is one.
  [[nodiscard]] std::size_t best() const;
};

/// How a log's thresholds are drawn within a task.
enum class Draws {
  independent,  ///< each run on its own
  distinct,     ///< uniform, without replacement: a task's runs explore different thresholds
  walk,         ///< as Weir's runs do: from one drawn start in equal steps around the circle
};

/// A log of `tasks` x `attempts` runs of the world.
[[nodiscard]] ExplorationLog explore(const World& world, int tasks, int attempts, Draws draws,
                                     std::uint64_t seed);

/// Writes the same run by run, turn by turn, as `weir calibrate --log` reads it.
[[nodiscard]] std::string explore_to_jsonl(const World& world, int tasks, int attempts, Draws draws,
                                           std::uint64_t seed);

/// Worlds that stay as they are: short and long runs, a strong signal and a weak one, one in
/// which escalating everything breaks more than it mends, one whose target lies a hair
/// above what a threshold keeps, one with uneven probabilities.
[[nodiscard]] const std::vector<World>& fixed_worlds();

/// A world drawn at random, with a target that some of its thresholds keep.
[[nodiscard]] World random_world(std::uint64_t seed);

}  // namespace weir
