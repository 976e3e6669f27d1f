#include "results/statistics/proportion.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

double beta_quantile(double a, double b, double p) {
  return boost::math::quantile(boost::math::beta_distribution<>(a, b), p);
}

}  // namespace

Interval wilson(double successes, double n, double level) {
  if (n <= 0) return {0, 1};
  const double z = normal_quantile(0.5 + level / 2);
  const double p = successes / n;
  const double z2n = z * z / n;
  const double centre = (p + z2n / 2) / (1 + z2n);
  const double half = z / (1 + z2n) * std::sqrt(p * (1 - p) / n + z2n / (4 * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double clopper_pearson_lower(int successes, int n, double alpha) {
  if (successes <= 0 || n <= 0) return 0;
  return beta_quantile(successes, n - successes + 1, alpha);
}

double clopper_pearson_upper(int successes, int n, double alpha) {
  if (successes >= n || n <= 0) return 1;
  return beta_quantile(successes + 1, n - successes, 1 - alpha);
}

Interval clopper_pearson(int successes, int n, double level) {
  const double side = (1 - level) / 2;
  return {clopper_pearson_lower(successes, n, side), clopper_pearson_upper(successes, n, side)};
}

Interval jeffreys(int successes, int n, double level) {
  if (n <= 0) return {0, 1};
  const double a = successes + 0.5;
  const double b = n - successes + 0.5;
  return {successes == 0 ? 0 : beta_quantile(a, b, (1 - level) / 2),
          successes == n ? 1 : beta_quantile(a, b, (1 + level) / 2)};
}

double flaky_posterior_mass(int passes, int trials) {
  const boost::math::beta_distribution<> posterior(passes + 0.5, trials - passes + 0.5);
  return boost::math::cdf(posterior, 0.95) - boost::math::cdf(posterior, 0.05);
}

}  // namespace weir
