#include "results/statistics/power.hpp"

#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

int whole_tasks(double tasks) {
  constexpr double kMost = 2e9;
  return static_cast<int>(std::ceil(tasks < kMost ? tasks - 1e-9 : kMost));
}

}  // namespace

double paired_power(double p01, double p10, int n, double alpha) {
  const double d = std::abs(p01 - p10);
  const double psi = p01 + p10;
  const double z = normal_quantile(1 - alpha / 2);
  const double spread = std::sqrt(psi - d * d);
  if (spread <= 0) return d > 0 ? 1 : alpha;
  return normal_cdf((d * std::sqrt(n) - z * std::sqrt(psi)) / spread);
}

int paired_sample_size(double p01, double p10, double alpha, double power) {
  const double d = p01 - p10;
  const double psi = p01 + p10;
  const double root = (normal_quantile(1 - alpha / 2) * std::sqrt(psi) +
                       normal_quantile(power) * std::sqrt(psi - d * d)) /
                      d;
  return whole_tasks(root * root);
}

double minimum_detectable(double sd, int n, double alpha, double power) {
  return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * sd / std::sqrt(n);
}

int noninferiority_sample_size(double sd, double margin, double alpha, double power) {
  const double root = (normal_quantile(1 - alpha) + normal_quantile(power)) * sd / margin;
  return whole_tasks(root * root);
}

}  // namespace weir
