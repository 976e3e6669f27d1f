#include "results/statistics/sequential.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {
namespace {

/// The bets that do not yet know the candidate mean: lambda_t before its cap.
std::vector<double> plug_in_bets(const std::vector<double>& values, double alpha) {
  const auto n = static_cast<double>(values.size());
  std::vector<double> bets;
  double sum = 0.5;
  double squares = 0.25;
  double variance = 0.25;
  double t = 0;
  for (const double x : values) {
    bets.push_back(std::sqrt(2 * std::log(1 / alpha) / (n * variance)));
    ++t;
    sum += x;
    const double mean = sum / (t + 1);
    squares += (x - mean) * (x - mean);
    variance = squares / (t + 1);
  }
  return bets;
}

/// Whether betting against mean `m` ever multiplied the stake to 1 / alpha.
bool refuted(const std::vector<double>& values, const std::vector<double>& bets, double m,
             double alpha) {
  const double enough = std::log(1 / alpha);
  const double cap = m > 0 ? 0.5 / m : std::numeric_limits<double>::infinity();
  double wealth = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    wealth += std::log1p(std::min(bets[i], cap) * (values[i] - m));
    if (wealth >= enough) return true;
  }
  return false;
}

}  // namespace

Sprt sprt(const std::vector<int>& outcomes, double p0, double p1, double alpha, double beta) {
  const double upper = std::log((1 - beta) / alpha);
  const double lower = std::log(beta / (1 - alpha));
  Sprt result;
  for (const int outcome : outcomes) {
    ++result.t;
    result.llr += outcome != 0 ? std::log(p1 / p0) : std::log((1 - p1) / (1 - p0));
    if (result.llr >= upper) result.decision = SprtDecision::accept_h1;
    if (result.llr <= lower) result.decision = SprtDecision::accept_h0;
    if (result.decision != SprtDecision::go_on) break;
  }
  return result;
}

double betting_lower(const std::vector<double>& values, double alpha) {
  const std::vector<double> bets = plug_in_bets(values, alpha);
  double low = 0;
  double high = 1;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (refuted(values, bets, middle, alpha) ? low : high) = middle;
  }
  return low;
}

}  // namespace weir
