#pragma once

#include <optional>

#include "results/prices.hpp"
#include "results/route_sums.hpp"

namespace weir {

/// A mean trajectory: what each turn sends and gets, in tokens.
struct TrajectoryShape {
  double first_prompt = 0;
  double growth = 0;  ///< of the prompt, per turn
  double base_output = 0;
  double strong_output = 0;
  double base_survival = 1;  ///< share of what was sent before that the cache still held
  double strong_survival = 1;
  double alone_survival = 1;  ///< of the strong tier on every turn
};

/// nullopt where the arm's calls do not say enough: two tiers, and both must have answered.
/// `alone_survival` is that of the cascade until somebody knows better.
[[nodiscard]] std::optional<TrajectoryShape> shape_of(const RouteSums& sums);

/// What a strong tier's cache does between two escalations of a trajectory.
enum class StrongCache {
  as_billed,  ///< what was sent before is found as often as it was in the run
  cold,       ///< nothing outlives an absence: each escalation pays the whole prefix
  warm,       ///< nothing sent before is lost
};

/// How a cascade goes up: this share of turns, evenly spread, `stay` turns at a time; or
/// once, to stay for the rest.
struct SwitchPattern {
  double share = 0;
  std::optional<int> stay = 1;  ///< nullopt: the rest
  double redrafted = 1;         ///< share of escalations that discard a paid draft of the base tier
};

/// Rates of both tiers, in picodollars per token.
struct TierRates {
  Rates base;
  Rates strong;
};

/// Cost in picodollars of a mean trajectory of `turns` turns; nullopt where a rate that it
/// needs is unknown. Votes and restarts are not in it.
[[nodiscard]] std::optional<double> trajectory_cost(const TrajectoryShape& shape,
                                                    const TierRates& rates, int turns,
                                                    const SwitchPattern& pattern,
                                                    StrongCache cache);

/// The same for the strong tier alone.
[[nodiscard]] std::optional<double> strong_alone_cost(const TrajectoryShape& shape,
                                                      const TierRates& rates, int turns,
                                                      StrongCache cache);

/// The share of turns up to which the cascade costs less than the strong tier alone, in
/// [0,1]; nullopt where a rate is unknown. 0: never; 1: always.
[[nodiscard]] std::optional<double> break_even_share(const TrajectoryShape& shape,
                                                     const TierRates& rates, int turns,
                                                     SwitchPattern pattern, StrongCache cache);

/// What one turn in the midst of a trajectory costs, in warm turns of the base tier: the
/// first strong turn with its prefix cold, and the next one.
struct TurnPrices {
  double cold_strong = 0;
  double warm_strong = 0;
};
[[nodiscard]] std::optional<TurnPrices> turn_prices(const TrajectoryShape& shape,
                                                    const TierRates& rates, double context);

}  // namespace weir
