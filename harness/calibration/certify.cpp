#include "harness/calibration/certify.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <numeric>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

/// The next threshold that could use a share: cheaper first, else the nearest dearer one.
std::optional<std::size_t> heir_of(std::size_t k, const std::vector<bool>& passed) {
  for (std::size_t next = k + 1; next < passed.size(); ++next) {
    if (!passed[next]) return next;
  }
  for (std::size_t next = k; next-- > 0;) {
    if (!passed[next]) return next;
  }
  return {};
}

ExplorationLog resample(const ExplorationLog& log, boost::random::mt19937_64& rng) {
  const auto by_task = log.runs_by_task();
  ExplorationLog drawn = log;
  drawn.runs.clear();
  boost::random::uniform_int_distribution<std::size_t> pick(0, by_task.size() - 1);
  for (std::size_t task = 0; task < by_task.size(); ++task) {
    for (const std::size_t i : by_task[pick(rng)]) {
      drawn.runs.push_back(log.runs[i]);
      drawn.runs.back().task = task;
    }
  }
  return drawn;
}

}  // namespace

bool Certification::any() const {
  return std::find(certified.begin(), certified.end(), true) != certified.end();
}

std::vector<double> starting_shares(std::size_t thresholds) {
  const std::size_t starts = (thresholds + 1) / 2;
  std::vector<double> shares(thresholds, 0.0);
  for (std::size_t k = 0; k < starts; ++k) {
    shares[k] = static_cast<double>(k + 1) * 2 / static_cast<double>(starts * (starts + 1));
  }
  return shares;
}

std::vector<bool> pass_chain(const std::vector<double>& p, std::vector<double> shares,
                             double delta) {
  std::vector<bool> passed(p.size(), false);
  for (bool again = true; again;) {
    again = false;
    for (std::size_t k = 0; k < p.size(); ++k) {
      if (passed[k] || shares[k] <= 0 || p[k] > delta * shares[k]) continue;
      passed[k] = again = true;
      if (const auto heir = heir_of(k, passed)) shares[*heir] += shares[k];
      shares[k] = 0;
    }
  }
  return passed;
}

Certification certify(const ExplorationLog& log, const Promise& promise) {
  Certification result;
  result.tests =
      test_thresholds(log, promise.target, promise.delta, promise.guarantee, promise.seed);
  result.shares = starting_shares(log.grid.size());
  std::vector<double> p;
  for (const auto& test : result.tests) p.push_back(test.p);
  result.certified = pass_chain(p, result.shares, promise.delta);
  return result;
}

std::optional<std::size_t> cheapest(const Certification& certification,
                                    const std::vector<double>& cost,
                                    const std::vector<double>& escalations) {
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < certification.certified.size(); ++k) {
    if (!certification.certified[k]) continue;
    const auto dearer = [&](std::size_t other) {
      if (cost[k] != cost[other]) return cost[k] < cost[other];
      return escalations[k] <= escalations[other];
    };
    if (!best || dearer(*best)) best = k;
  }
  return best;
}

double abstention_rate(const ExplorationLog& log, const Promise& promise, int resamples) {
  boost::random::mt19937_64 rng(promise.seed);
  int abstained = 0;
  for (int i = 0; i < resamples; ++i) {
    Promise again = promise;
    again.seed = promise.seed + static_cast<std::uint64_t>(i) + 1;
    if (!certify(resample(log, rng), again).any()) ++abstained;
  }
  return static_cast<double>(abstained) / resamples;
}

double exact_tasks_needed(double rate, double target, double alpha) {
  const double spread = -normal_quantile(alpha) * std::sqrt(target * (1 - target)) +
                        normal_quantile(0.8) * std::sqrt(rate * (1 - rate));
  // Even without a failure, target^n must fall to alpha.
  const double least = target > 0 && target < 1 ? std::log(alpha) / std::log(target) : 1;
  return std::max(spread * spread / std::pow(rate - target, 2), least);
}

int published_tasks(double needed, std::size_t tasks) {
  constexpr double kMoreTasks = 1.2;
  const double least = std::ceil(kMoreTasks * static_cast<double>(tasks));
  return static_cast<int>(std::clamp(std::ceil(needed), least, 1e9));
}

std::optional<int> tasks_needed(const ExplorationLog& log, const Promise& promise,
                                const std::vector<double>& rates) {
  const auto shares = starting_shares(log.grid.size());
  const auto by_task = log.runs_by_task();
  std::optional<int> fewest;
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    const auto own = std::count_if(by_task.begin(), by_task.end(), [&](const auto& runs) {
      return std::any_of(runs.begin(), runs.end(),
                         [&](std::size_t i) { return log.runs[i].drawn == k; });
    });
    if (rates[k] <= promise.target || own == 0) continue;
    const double share = std::max(shares[k], 1.0 / static_cast<double>(log.grid.size()));
    const double needed = exact_tasks_needed(rates[k], promise.target, promise.delta * share) *
                          static_cast<double>(by_task.size()) / static_cast<double>(own);
    const int published = published_tasks(needed, log.tasks.size());
    fewest = std::min(fewest.value_or(published), published);
  }
  return fewest;
}

}  // namespace weir
