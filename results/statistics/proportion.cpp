#include "results/statistics/proportion.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace weir {
namespace {

double normal_quantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

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

ClusteredRate clustered_rate(const std::vector<TaskOutcomes>& tasks, double level) {
  ClusteredRate result;
  double resolved = 0;
  for (const auto& task : tasks) {
    if (task.trials == 0) continue;
    ++result.tasks;
    result.trials += task.trials;
    resolved += task.resolved;
  }
  if (result.trials == 0) return result;
  const double n = result.trials;
  const double groups = result.tasks;
  result.rate = resolved / n;

  double squares = 0;
  for (const auto& task : tasks) {
    const double residual = task.resolved - result.rate * task.trials;
    squares += residual * residual;
  }
  if (squares < 1e-18 * n * n) squares = 0;  // rounding is not variance
  if (result.tasks > 1) result.error = std::sqrt(groups / (groups - 1) * squares) / n;

  double effective = groups;
  if (result.error > 0) {
    const double z = normal_quantile(0.5 + level / 2);
    const double t = boost::math::quantile(boost::math::students_t(groups - 1), 0.5 + level / 2);
    effective = result.rate * (1 - result.rate) / (result.error * result.error) * (z / t) * (z / t);
    effective = std::min(effective, n);
  }
  result.interval = wilson(result.rate * effective, effective, level);
  return result;
}

}  // namespace weir
