#include "harness/calibration/benefit.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

constexpr std::size_t kMostBins = 5;
constexpr int kFewestTasks = 10;  ///< for an interval

/// A fork with the value it is sorted by.
struct Valued {
  double value;
  const ForkEffect* effect;
};

/// Ends of bins, each the highest value in it: equal values stay together.
std::vector<double> bin_ends(const std::vector<Valued>& sorted) {
  std::set<double> distinct;
  for (const auto& each : sorted) distinct.insert(each.value);
  if (distinct.size() <= kMostBins) return {distinct.begin(), distinct.end()};
  std::set<double> ends;
  for (std::size_t i = 1; i <= kMostBins; ++i) {
    ends.insert(sorted[sorted.size() * i / kMostBins - 1].value);
  }
  return {ends.begin(), ends.end()};
}

/// Weighted sums of one task's forks.
struct TaskSums {
  double mass = 0;
  double resolved = 0;
};

/// Ratio estimate with its error over tasks, and t quantile.
std::optional<Interval> interval_of(const std::map<std::string, TaskSums>& tasks, double mass,
                                    double mean) {
  const auto n = static_cast<double>(tasks.size());
  if (n < kFewestTasks) return {};
  double squares = 0;
  for (const auto& [task, sums] : tasks) {
    const double pull = (sums.resolved - mean * sums.mass) / mass;
    squares += pull * pull;
  }
  const double error = std::sqrt(squares * n / (n - 1));
  if (error <= 0) return {};  // all alike: nothing says how far from it the truth may be
  const double reach = t_quantile(0.975, n - 1) * error;
  return Interval{std::max(-1.0, mean - reach), std::min(1.0, mean + reach)};
}

BenefitBin bin_of(const std::vector<Valued>& members) {
  BenefitBin bin;
  bin.low = members.front().value;
  bin.high = members.back().value;
  std::map<std::string, TaskSums> tasks;
  double mass = 0, resolved = 0, missing_mass = 0, usd = 0, usd_mass = 0;
  for (const auto& [value, effect] : members) {
    ++bin.forks;
    if (effect->usd) usd += effect->weight * *effect->usd, usd_mass += effect->weight;
    if (!effect->resolved) {
      ++bin.missing;
      missing_mass += effect->weight;
      continue;
    }
    mass += effect->weight;
    resolved += effect->weight * *effect->resolved;
    TaskSums& sums = tasks[effect->task];
    sums.mass += effect->weight;
    sums.resolved += effect->weight * *effect->resolved;
  }
  bin.tasks = static_cast<int>(tasks.size());
  bin.resolved = mass > 0 ? resolved / mass : 0;
  if (mass > 0) bin.interval = interval_of(tasks, mass, bin.resolved);
  bin.lowest = (resolved - missing_mass) / (mass + missing_mass);
  bin.highest = (resolved + missing_mass) / (mass + missing_mass);
  if (usd_mass > 0) bin.usd = usd / usd_mass;
  return bin;
}

BenefitCurve curve_of(const std::string& signal, std::vector<Valued> values) {
  BenefitCurve curve{signal, {}};
  std::stable_sort(values.begin(), values.end(),
                   [](const Valued& a, const Valued& b) { return a.value < b.value; });
  auto next = values.begin();
  for (const double end : bin_ends(values)) {
    const auto last = std::find_if(next, values.end(),
                                   [&](const Valued& each) { return each.value > end; });
    if (next != last) curve.bins.push_back(bin_of({next, last}));
    next = last;
  }
  return curve;
}

std::optional<double> rate_of(Outcome outcome) {
  if (is_missing(outcome)) return {};
  return outcome == Outcome::resolved ? 1.0 : 0.0;
}

}  // namespace

ForkEffect effect_of(const ForkPair& pair) {
  ForkEffect effect{.task = pair.task, .weight = 1 / pair.fork.probability, .resolved = {},
                    .usd = {}, .score = pair.fork.score, .signals = pair.signals};
  const double sign = pair.fork.escalates ? 1 : -1;  // of the way not taken
  const auto taken = rate_of(pair.taken);
  const auto other = rate_of(pair.fork.outcome);
  if (taken && other) effect.resolved = sign * (*other - *taken);
  if (pair.taken_cost && pair.other_cost) {
    effect.usd = sign * static_cast<double>(*pair.other_cost - *pair.taken_cost) / 1e12;
  }
  return effect;
}

std::vector<BenefitCurve> benefit_curves(const std::vector<ForkEffect>& effects) {
  if (effects.empty()) return {};
  std::map<std::string, std::vector<Valued>> by_signal;
  std::vector<Valued> scores;
  for (const auto& effect : effects) {
    scores.push_back({effect.score, &effect});
    for (const auto& [name, value] : effect.signals) by_signal[name].push_back({value, &effect});
  }
  std::vector<BenefitCurve> curves = {curve_of("score", std::move(scores))};
  for (auto& [name, values] : by_signal) {
    BenefitCurve curve = curve_of(name, std::move(values));
    if (curve.bins.size() > 1) curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace weir
