#include "tests/worlds/study.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "harness/calibration/certify.hpp"
#include "harness/calibration/estimates.hpp"
#include "results/statistics/distributions.hpp"
#include "tests/worlds/reference.hpp"

namespace weir {
namespace {

constexpr int kResamples = 500;  ///< of the bands, a replication

/// One replication: the log, and what is estimated from it.
struct Replication {
  const World& world;
  ExplorationLog log;
  std::vector<ThresholdEstimate> estimates;
  std::vector<double> cost;
  double delta;
  std::uint64_t seed;
};

/// What a method chose, and all that it called good.
struct Choice {
  std::optional<std::size_t> threshold;
  std::vector<bool> accepted;
};

using Method = std::function<Choice(const Replication&)>;

Choice by_weir(const Replication& each, Guarantee guarantee) {
  const auto certification =
      certify(each.log, {each.world.target, each.delta, guarantee, each.seed});
  return {cheapest(certification, each.cost, each.cost), certification.certified};
}

/// Exact counting alone, in the reference's fixed sequence: what the tests gain without
/// the chain's several starts.
Choice exact_in_sequence(const Replication& each) {
  const auto tests =
      test_thresholds(each.log, each.world.target, each.delta, Guarantee::finite_sample, each.seed);
  Choice choice;
  choice.accepted.resize(tests.size());
  auto& best = choice.threshold;
  for (std::size_t k = 0; k < tests.size() && tests[k].p <= each.delta; ++k) {
    choice.accepted[k] = true;
    if (!best || each.cost[k] < each.cost[*best]) best = k;
  }
  return choice;
}

std::vector<std::pair<std::string, Method>> methods() {
  const auto reference = [](Reference kind) {
    return [kind](const Replication& each) {
      return Choice{reference_choice(each.log, each.world.target, each.delta, kind), {}};
    };
  };
  return {{"reference: fixed sequence, betting", reference(Reference::betting)},
          {"reference: fixed sequence, asymptotic", reference(Reference::asymptotic)},
          {"Weir's tests in a fixed sequence", exact_in_sequence},
          {"Weir, finite-sample",
           [](const Replication& each) { return by_weir(each, Guarantee::finite_sample); }},
          {"Weir, asymptotic",
           [](const Replication& each) { return by_weir(each, Guarantee::asymptotic); }}};
}

/// Whether any threshold that was called good is not; of the references, the chosen one.
bool violates(const World& world, const Choice& choice) {
  const auto bad = [&](std::size_t k) {
    return world.truth(world.grid[k]).resolved < world.target;
  };
  for (std::size_t k = 0; k < choice.accepted.size(); ++k) {
    if (choice.accepted[k] && bad(k)) return true;
  }
  return choice.threshold && bad(*choice.threshold);
}

void score(MethodScore& score, const World& world, const Choice& choice) {
  ++score.replications;
  const double best = world.truth(world.grid[world.best()]).usd;
  const auto truth = world.truth(world.grid[choice.threshold.value_or(0)]);
  score.with_fallback += truth.usd / best - 1;
  score.violations += violates(world, choice) ? 1 : 0;
  if (!choice.threshold) {
    ++score.abstained;
    return;
  }
  score.regret += truth.usd / best - 1;
}

/// Running sums of plain estimates, for their bias.
struct Bias {
  double sum = 0;
  double squares = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
  }
  [[nodiscard]] double z(double truth, int n) const {
    const double mean = sum / n;
    const double variance = (squares - n * mean * mean) / (n - 1);
    return (mean - truth) / std::sqrt(variance / n);
  }
};

}  // namespace

double allowed_violations(const StudyPlan& plan) {
  return plan.delta -
         normal_quantile(0.005) * std::sqrt(plan.delta * (1 - plan.delta) / plan.replications);
}

WorldScore study_world(const World& world, const StudyPlan& plan) {
  WorldScore result{world.name, world.target, {}, 0, 0, 0, 0};
  const auto ways = methods();
  for (const auto& [name, unused] : ways) result.methods.push_back({name, 0, 0, 0, 0, 0});
  std::vector<Bias> bias(world.grid.size());
  int chosen = 0;
  for (int i = 0; i < plan.replications; ++i) {
    const std::uint64_t seed = plan.seed * 1'000'003 + static_cast<std::uint64_t>(i);
    Replication each{world,      explore(world, plan.tasks, plan.attempts, plan.draws, seed),
                     {},         {},
                     plan.delta, seed};
    each.estimates = estimate_thresholds(each.log, {kResamples, seed, 0.95});
    for (const auto& estimate : each.estimates) each.cost.push_back(estimate.usd->value);
    for (std::size_t m = 0; m < ways.size(); ++m) {
      const Choice choice = ways[m].second(each);
      score(result.methods[m], world, choice);
      if (ways[m].first != "Weir, finite-sample" || !choice.threshold) continue;
      ++chosen;
      const auto truth = world.truth(world.grid[*choice.threshold]);
      const auto& estimate = each.estimates[*choice.threshold];
      const auto holds = [](const Interval& band, double x) {
        return band.low <= x && x <= band.high;
      };
      result.covers_resolved += holds(estimate.resolved.band, truth.resolved) ? 1 : 0;
      // A cost without spread (never escalating) is known to rounding.
      result.covers_cost +=
          holds({estimate.usd->band.low - 1e-9, estimate.usd->band.high + 1e-9}, truth.usd) ? 1 : 0;
    }
    for (std::size_t k = 0; k < bias.size(); ++k) {
      bias[k].add(each.estimates[k].resolved.plain);
      result.mean_weight += each.estimates[k].mean_weight;
    }
  }
  for (auto& method : result.methods) {
    method.regret /= std::max(1, method.replications - method.abstained);
    method.with_fallback /= method.replications;
  }
  result.covers_resolved /= std::max(1, chosen);
  result.covers_cost /= std::max(1, chosen);
  result.mean_weight /= plan.replications * static_cast<double>(world.grid.size());
  for (std::size_t k = 0; k < bias.size(); ++k) {
    const double z = bias[k].z(world.truth(world.grid[k]).resolved, plan.replications);
    result.worst_bias = std::max(result.worst_bias, std::abs(z));
  }
  return result;
}

}  // namespace weir
