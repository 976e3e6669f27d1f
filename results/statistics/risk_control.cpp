#include "results/statistics/risk_control.hpp"

#include <algorithm>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

/// Kullback-Leibler divergence of Bernoulli(a) from Bernoulli(b).
double divergence(double a, double b) {
  const double first = a > 0 ? a * std::log(a / b) : 0;
  const double second = a < 1 ? (1 - a) * std::log((1 - a) / (1 - b)) : 0;
  return first + second;
}

}  // namespace

double hoeffding_bentkus(double rhat, int n, double alpha) {
  const double hoeffding = std::exp(-n * divergence(std::min(rhat, alpha), alpha));
  const double bentkus = std::exp(1.0) * binomial_cdf(std::ceil(n * rhat), n, alpha);
  return std::min({hoeffding, bentkus, 1.0});
}

FixedSequence fixed_sequence(const std::vector<int>& fails, const std::vector<int>& n, double alpha,
                             double delta) {
  FixedSequence result;
  bool going = true;
  for (std::size_t i = 0; i < fails.size(); ++i) {
    result.p.push_back(binomial_cdf(fails[i], n[i], alpha));
    going = going && result.p.back() <= delta;
    if (going) result.last_certified = static_cast<int>(i);
  }
  return result;
}

std::optional<int> conformal_risk_control(
    const std::vector<std::vector<double>>& losses_by_candidate, double alpha, double bound) {
  for (std::size_t i = 0; i < losses_by_candidate.size(); ++i) {
    double sum = bound;
    for (const double loss : losses_by_candidate[i]) sum += loss;
    const auto n = static_cast<double>(losses_by_candidate[i].size());
    if (sum / (n + 1) <= alpha) return static_cast<int>(i);
  }
  return {};
}

}  // namespace weir
