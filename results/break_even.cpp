#include "results/break_even.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace weir {
namespace {

constexpr int kSteps = 64;  // of a bisection: more than a double can tell apart

/// One tier's calls along a trajectory: what it was sent, and what that costs.
class Tier {
 public:
  Tier(const Rates& rates, double output, double survival)
      : rates_(rates), output_(output), survival_(survival) {}

  [[nodiscard]] bool priced() const {
    return rates_.input_miss && rates_.input_hit && rates_.output;
  }
  void forget() { sent_ = 0; }
  /// Cost of a call with a prompt of `context` tokens.
  [[nodiscard]] double call(double context) {
    const double hits = std::min(sent_, context) * survival_;
    sent_ = std::max(sent_, context);
    return hits * rate(rates_.input_hit) + (context - hits) * rate(rates_.input_miss) +
           output_ * rate(rates_.output);
  }

 private:
  static double rate(const std::optional<Picodollars>& value) {
    return static_cast<double>(value.value_or(0));
  }

  const Rates& rates_;
  double output_;
  double survival_;
  double sent_ = 0;
};

/// Whether each turn is a strong one, and whether it begins an escalation.
struct Plan {
  std::vector<bool> strong;
  std::vector<bool> begins;
};

/// `episodes` stays, each in the middle of its part of the trajectory.
Plan spread(int turns, int episodes, int stay) {
  Plan plan{std::vector<bool>(static_cast<std::size_t>(turns)),
            std::vector<bool>(static_cast<std::size_t>(turns))};
  const double part = static_cast<double>(turns) / std::max(1, episodes);
  for (int i = 0; i < episodes; ++i) {
    const int at = std::max(0, static_cast<int>(i * part + (part - stay) / 2));
    plan.begins[static_cast<std::size_t>(at)] = true;
    for (int turn = at; turn < std::min(turns, at + stay); ++turn) {
      plan.strong[static_cast<std::size_t>(turn)] = true;
    }
  }
  return plan;
}

/// The last `strong` turns.
Plan tail(int turns, int strong) {
  Plan plan{std::vector<bool>(static_cast<std::size_t>(turns)),
            std::vector<bool>(static_cast<std::size_t>(turns))};
  for (int turn = turns - strong; turn < turns; ++turn) {
    plan.strong[static_cast<std::size_t>(turn)] = true;
  }
  if (strong > 0) plan.begins[static_cast<std::size_t>(turns - strong)] = true;
  return plan;
}

double cost_of(const TrajectoryShape& shape, const TierRates& rates, const Plan& plan,
               double redrafted, StrongCache cache, double survival) {
  Tier base(rates.base, shape.base_output, shape.base_survival);
  Tier strong(rates.strong, shape.strong_output, cache == StrongCache::as_billed ? survival : 1);
  double sum = 0;
  for (std::size_t turn = 0; turn < plan.strong.size(); ++turn) {
    const double context = shape.first_prompt + static_cast<double>(turn) * shape.growth;
    if (!plan.strong[turn]) {
      sum += base.call(context);
      continue;
    }
    if (plan.begins[turn]) {
      const bool away = turn == 0 || !plan.strong[turn - 1];
      if (cache == StrongCache::cold && away) strong.forget();
      if (redrafted > 0) sum += redrafted * base.call(context);
    }
    sum += strong.call(context);
  }
  return sum;
}

bool priced(const TierRates& rates) {
  return Tier(rates.base, 0, 1).priced() && Tier(rates.strong, 0, 1).priced();
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return {};
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::optional<TrajectoryShape> shape_of(const RouteSums& sums) {
  if (sums.tiers.size() != 2) return {};
  const TierSums& base = sums.tiers.front();
  const TierSums& strong = sums.tiers.back();
  const auto prompt = ratio(sums.shape.first_prompt, sums.shape.trajectories);
  const auto growth = ratio(sums.shape.growth, sums.shape.steps);
  const auto base_output = ratio(base.accepted_output, base.accepted_stated);
  const auto strong_output = ratio(strong.accepted_output, strong.accepted_stated);
  if (!prompt || !growth || !base_output || !strong_output) return {};
  const double survival = ratio(strong.reread_hit, strong.reread).value_or(1);
  return TrajectoryShape{*prompt,
                         std::max(0.0, *growth),
                         *base_output,
                         *strong_output,
                         ratio(base.reread_hit, base.reread).value_or(1),
                         survival,
                         survival};
}

std::optional<double> trajectory_cost(const TrajectoryShape& shape, const TierRates& rates,
                                      int turns, const SwitchPattern& pattern, StrongCache cache) {
  if (!priced(rates)) return {};
  const double units = pattern.share * turns / pattern.stay.value_or(1);
  const auto cost = [&](int count) {
    const Plan plan =
        pattern.stay ? spread(turns, count, *pattern.stay) : tail(turns, std::min(turns, count));
    return cost_of(shape, rates, plan, pattern.redrafted, cache, shape.strong_survival);
  };
  const int low = static_cast<int>(units + 1e-9);
  const double part = units - low;
  if (part < 1e-9) return cost(low);
  return (1 - part) * cost(low) + part * cost(low + 1);
}

std::optional<double> strong_alone_cost(const TrajectoryShape& shape, const TierRates& rates,
                                        int turns, StrongCache cache) {
  if (!priced(rates)) return {};
  Plan plan = tail(turns, turns);
  return cost_of(shape, rates, plan, 0, cache, shape.alone_survival);
}

std::optional<double> break_even_share(const TrajectoryShape& shape, const TierRates& rates,
                                       int turns, SwitchPattern pattern, StrongCache cache) {
  const auto alone = strong_alone_cost(shape, rates, turns, cache);
  if (!alone) return {};
  const auto cheaper = [&](double share) {
    pattern.share = share;
    return *trajectory_cost(shape, rates, turns, pattern, cache) < *alone;
  };
  if (!cheaper(0)) return 0;
  // Costs rise with the share at first, but may fall again where stays run together:
  // the first crossing is the one to keep below.
  double low = 0;
  const double step = 1.0 / std::max(turns, 20);
  while (low < 1 && cheaper(std::min(1.0, low + step))) low += step;
  if (low >= 1) return 1;
  double high = std::min(1.0, low + step);
  for (int i = 0; i < kSteps; ++i) {
    const double middle = (low + high) / 2;
    (cheaper(middle) ? low : high) = middle;
  }
  return low;
}

std::optional<TurnPrices> turn_prices(const TrajectoryShape& shape, const TierRates& rates,
                                      double context) {
  Tier base(rates.base, shape.base_output, 1);
  Tier strong(rates.strong, shape.strong_output, 1);
  if (!base.priced() || !strong.priced()) return {};
  (void)base.call(context - shape.growth);
  const double warm_base = base.call(context);
  const double cold_strong = strong.call(context);
  const double warm_strong = strong.call(context + shape.growth);
  if (warm_base <= 0) return {};
  return TurnPrices{cold_strong / warm_base, warm_strong / warm_base};
}

}  // namespace weir
