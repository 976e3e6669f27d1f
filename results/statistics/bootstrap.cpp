#include "results/statistics/bootstrap.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

void add(ClusterBootstrap::Sums& sums, const ClusterBootstrap::Sums& row) {
  for (std::size_t i = 0; i < row.size(); ++i) sums[i] += row[i];
}

double at_share(const std::vector<double>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  const double place = std::clamp(share * last, 0.0, last);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[above] * part;
}

}  // namespace

ClusterBootstrap::ClusterBootstrap(const std::vector<std::vector<double>>& rows, int resamples,
                                   std::uint64_t seed) {
  rows_.reserve(rows.size());
  for (const auto& row : rows) {
    auto& own = rows_.emplace_back(1, 1.0);
    own.insert(own.end(), row.begin(), row.end());
  }
  if (rows_.empty()) return;
  totals_.assign(rows_.front().size(), 0.0);
  for (const auto& row : rows_) add(totals_, row);
  boost::random::mt19937_64 random(seed);
  boost::random::uniform_int_distribution<std::uint32_t> pick(
      0, static_cast<std::uint32_t>(rows_.size() - 1));
  resampled_.assign(static_cast<std::size_t>(resamples), Sums(totals_.size(), 0.0));
  for (auto& sums : resampled_) {
    for (std::size_t i = 0; i < rows_.size(); ++i) add(sums, rows_[pick(random)]);
  }
}

std::optional<double> ClusterBootstrap::value(const Statistic& statistic) const {
  return rows_.empty() ? std::nullopt : statistic(totals_);
}

double ClusterBootstrap::acceleration(const Statistic& statistic) const {
  std::vector<double> left_out;
  double mean = 0;
  for (const auto& row : rows_) {
    Sums sums = totals_;
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] -= row[i];
    if (const auto value = statistic(sums)) left_out.push_back(*value);
  }
  for (const double value : left_out) mean += value / static_cast<double>(left_out.size());
  double squares = 0;
  double cubes = 0;
  for (const double value : left_out) {
    squares += (mean - value) * (mean - value);
    cubes += (mean - value) * (mean - value) * (mean - value);
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

std::optional<Interval> ClusterBootstrap::bca(const Statistic& statistic, double level) const {
  const auto seen = value(statistic);
  if (!seen || rows_.size() < 2) return {};
  std::vector<double> values;
  values.reserve(resampled_.size());
  double below = 0;
  for (const auto& sums : resampled_) {
    const auto each = statistic(sums);
    if (!each) continue;
    values.push_back(*each);
    below += *each < *seen ? 1 : *each == *seen ? 0.5 : 0;
  }
  if (static_cast<double>(values.size()) < 0.95 * static_cast<double>(resampled_.size())) return {};
  std::sort(values.begin(), values.end());
  if (values.front() == values.back()) return {};
  const auto count = static_cast<double>(values.size());
  const double z0 = normal_quantile(std::clamp(below / count, 0.5 / count, 1 - 0.5 / count));
  const double a = acceleration(statistic);
  const auto limit = [&](double side) {
    const double z = z0 + normal_quantile(side);
    return at_share(values, normal_cdf(z0 + z / (1 - a * z)));
  };
  return Interval{limit((1 - level) / 2), limit((1 + level) / 2)};
}

}  // namespace weir
