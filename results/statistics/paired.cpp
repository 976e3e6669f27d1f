#include "results/statistics/paired.hpp"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>
#include <limits>

#include "results/statistics/distributions.hpp"
#include "results/statistics/sequential.hpp"

namespace weir {
namespace {

constexpr std::size_t kEnumerate = 20;  // 2^20 sign vectors

/// Tango's score statistic at difference `d`; decreasing in d.
double tango_score(int base_only, int new_only, int n, double d) {
  const double b = new_only;
  const double c = base_only;
  const double big_b = -b - c + (2.0 * n - b + c) * d;
  const double big_c = -c * d * (1 - d);
  const double root = std::sqrt(std::max(0.0, big_b * big_b - 8.0 * n * big_c));
  const double q21 = std::max(0.0, (root - big_b) / (4.0 * n));
  const double variance = n * (2 * q21 + d * (1 - d));
  const double numerator = b - c - n * d;
  if (variance <= 0) return numerator == 0 ? 0 : std::copysign(1e300, numerator);
  return numerator / std::sqrt(variance);
}

double tango_root(int base_only, int new_only, int n, double target) {
  const auto f = [&](double d) { return tango_score(base_only, new_only, n, d) - target; };
  double low = -1 + 1e-12;
  double high = 1 - 1e-12;
  if (f(low) <= 0) return -1;
  if (f(high) >= 0) return 1;
  std::uintmax_t steps = 300;
  const auto found = boost::math::tools::toms748_solve(
      f, low, high, boost::math::tools::eps_tolerance<double>(50), steps);
  return (found.first + found.second) / 2;
}

/// Share of the 2^m sign vectors whose |sum| is at least that of all plus signs.
double all_sign_flips(const std::vector<double>& d, double seen) {
  const std::uint32_t count = 1U << d.size();
  double sum = 0;
  for (const double value : d) sum += value;
  std::vector<bool> minus(d.size(), false);
  std::uint64_t hits = 0;
  for (std::uint32_t i = 0;; ++i) {  // in Gray's order, one flip a step
    if (std::abs(sum) >= seen) ++hits;
    if (i + 1 == count) break;
    const auto bit = static_cast<std::size_t>(__builtin_ctz(i + 1));
    sum += minus[bit] ? 2 * d[bit] : -2 * d[bit];
    minus[bit] = !minus[bit];
  }
  return static_cast<double>(hits) / count;
}

}  // namespace

double mcnemar_exact(int base_only, int new_only) {
  const int n = base_only + new_only;
  if (n == 0) return 1;
  return std::min(1.0, 2 * binomial_cdf(std::min(base_only, new_only), n, 0.5));
}

double mcnemar_midp(int base_only, int new_only) {
  const int n = base_only + new_only;
  if (n == 0) return 1;
  const int least = std::min(base_only, new_only);
  if (base_only == new_only) return 1 - binomial_pdf(least, n, 0.5) / 2;
  return 2 * binomial_cdf(least, n, 0.5) - binomial_pdf(least, n, 0.5);
}

Interval tango(int base_only, int new_only, int n, double level) {
  if (n <= 0) return {-1, 1};
  const double z = normal_quantile(0.5 + level / 2);
  return {tango_root(base_only, new_only, n, z), tango_root(base_only, new_only, n, -z)};
}

Interval paired_exact(int base_only, int new_only, int n, double level) {
  if (n <= 0) return {-1, 1};
  const double side = (1 - level) / 4;
  return {clopper_pearson_lower(new_only, n, side) - clopper_pearson_upper(base_only, n, side),
          clopper_pearson_upper(new_only, n, side) - clopper_pearson_lower(base_only, n, side)};
}

Interval paired_betting(const std::vector<double>& differences, double level) {
  if (differences.empty()) return {-1, 1};
  std::vector<double> up;  // mapped to [0, 1]
  for (const double d : differences) up.push_back((d + 1) / 2);
  boost::random::mt19937 random;  // one order for all: no luck of a seed
  for (std::size_t i = up.size() - 1; i > 0; --i) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, i);
    std::swap(up[i], up[pick(random)]);
  }
  std::vector<double> down;
  for (const double x : up) down.push_back(1 - x);
  const double side = (1 - level) / 2;
  return {2 * betting_lower(up, side) - 1, 1 - 2 * betting_lower(down, side)};
}

PairedDifference paired_difference(const std::vector<double>& fresh,
                                   const std::vector<double>& base, double level) {
  PairedDifference result;
  const auto n = static_cast<double>(fresh.size());
  if (fresh.empty()) return result;
  double mean_a = 0;
  double mean_b = 0;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    mean_a += fresh[i] / n;
    mean_b += base[i] / n;
  }
  result.diff = mean_a - mean_b;
  if (fresh.size() < 2) return result;
  double aa = 0;
  double bb = 0;
  double ab = 0;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    aa += (fresh[i] - mean_a) * (fresh[i] - mean_a);
    bb += (base[i] - mean_b) * (base[i] - mean_b);
    ab += (fresh[i] - mean_a) * (base[i] - mean_b);
  }
  result.se = std::sqrt(std::max(0.0, aa + bb - 2 * ab) / (n - 1) / n);
  if (aa > 0 && bb > 0) result.corr = ab / std::sqrt(aa * bb);
  const double half = t_quantile(0.5 + level / 2, n - 1) * result.se;
  result.interval = {result.diff - half, result.diff + half};
  return result;
}

double sign_flip(const std::vector<double>& differences, std::uint64_t seed, int draws) {
  std::vector<double> d;
  double sum = 0;
  double size = 0;
  for (const double value : differences) {
    if (value == 0) continue;
    d.push_back(value);
    sum += value;
    size += std::abs(value);
  }
  if (d.empty()) return 1;
  const double seen = std::abs(sum) - 1e-9 * size;  // rounding must not part equals
  if (d.size() <= kEnumerate) return all_sign_flips(d, seen);
  boost::random::mt19937_64 random(seed);
  int hits = 0;
  for (int draw = 0; draw < draws; ++draw) {
    double flipped = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      if (i % 64 == 0) bits = random();
      flipped += (bits >> (i % 64) & 1U) != 0 ? d[i] : -d[i];
    }
    hits += std::abs(flipped) >= seen ? 1 : 0;
  }
  return (1.0 + hits) / (1.0 + draws);
}

double within_task_permutation(const std::vector<TaskCounts>& tasks, std::uint64_t seed,
                               int draws) {
  const auto difference = [](const TaskCounts& t, int fresh_resolved) {
    const int base_resolved = t.base_resolved + t.fresh_resolved - fresh_resolved;
    return static_cast<double>(fresh_resolved) / t.fresh_trials -
           static_cast<double>(base_resolved) / t.base_trials;
  };
  std::vector<TaskCounts> mixed;  // tasks without both verdicts cannot change
  double seen = 0;
  double fixed = 0;
  for (const auto& task : tasks) {
    const double own = difference(task, task.fresh_resolved);
    seen += own;
    const int resolved = task.base_resolved + task.fresh_resolved;
    if (resolved > 0 && resolved < task.base_trials + task.fresh_trials) {
      mixed.push_back(task);
    } else {
      fixed += own;
    }
  }
  boost::random::mt19937_64 random(seed);
  int hits = 0;
  for (int draw = 0; draw < draws; ++draw) {
    double sum = fixed;
    for (const auto& task : mixed) {
      int left = task.base_trials + task.fresh_trials;
      int resolved = task.base_resolved + task.fresh_resolved;
      int drawn = 0;
      for (int i = 0; i < task.fresh_trials; ++i, --left) {
        boost::random::uniform_int_distribution<int> pick(1, left);
        if (pick(random) > resolved) continue;
        ++drawn;
        --resolved;
      }
      sum += difference(task, drawn);
    }
    hits += std::abs(sum) >= std::abs(seen) - 1e-9 ? 1 : 0;
  }
  return (1.0 + hits) / (1.0 + draws);
}

NonInferiority noninferiority_wald(int base_only, int new_only, int n, double margin,
                                   double alpha) {
  NonInferiority result;
  if (n <= 0) return result;
  const double b = base_only;
  const double c = new_only;
  result.diff = (c - b) / n;
  result.se = std::sqrt(b + c - (b - c) * (b - c) / n) / n;
  result.lower = result.diff - normal_quantile(1 - alpha) * result.se;
  if (result.se > 0) {
    result.z = (result.diff + margin) / result.se;
    result.p = normal_cdf(-result.z);
  }
  return result;
}

}  // namespace weir
