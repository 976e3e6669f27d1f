#include "results/statistics/power.hpp"

#include <algorithm>
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

std::optional<double> detectable_difference(double second_moment, bool single, int n, double alpha,
                                            double power) {
  const double za = normal_quantile(1 - alpha / 2);
  const double zb = normal_quantile(power);
  const double floor = second_moment + 1.0 / n;
  const auto shown = [&](double d) {
    const double psi = std::max(floor, single ? d : d * d);
    return d * std::sqrt(n) >= za * std::sqrt(psi) + zb * std::sqrt(std::max(0.0, psi - d * d));
  };
  if (n < 6 || !shown(1)) return {};
  double low = 0;
  double high = 1;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (shown(middle) ? high : low) = middle;
  }
  return std::max(high, 6.0 / n);
}

int noninferiority_sample_size(double sd, double margin, double alpha, double power) {
  const double root = (normal_quantile(1 - alpha) + normal_quantile(power)) * sd / margin;
  return whole_tasks(root * root);
}

}  // namespace weir
