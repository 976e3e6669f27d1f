#include "results/statistics/bootstrap.hpp"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

constexpr std::size_t kFewestTasks = 10;

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
                                   std::uint64_t seed)
    : count_(rows.size()) {
  if (rows.empty()) return;
  width_ = rows.front().size() + 1;
  totals_.assign(width_, 0.0);
  for (const auto& values : rows) {
    rows_.push_back(1.0);
    rows_.insert(rows_.end(), values.begin(), values.end());
  }
  for (std::size_t i = 0; i < count_; ++i) {
    for (std::size_t c = 0; c < width_; ++c) totals_[c] += row(i)[c];
  }
  boost::random::mt19937 random(static_cast<std::uint32_t>(seed ^ (seed >> 32U)));
  boost::random::uniform_int_distribution<std::uint32_t> pick(
      0, static_cast<std::uint32_t>(count_ - 1));
  resampled_.assign(static_cast<std::size_t>(resamples) * width_, 0.0);
  for (std::size_t r = 0; r < resampled_.size(); r += width_) {
    double* sums = resampled_.data() + r;
    for (std::size_t i = 0; i < count_; ++i) {
      const double* picked = rows_.data() + pick(random) * width_;
      for (std::size_t c = 0; c < width_; ++c) sums[c] += picked[c];
    }
  }
}

std::optional<double> ClusterBootstrap::value(const Statistic& statistic) const {
  return count_ == 0 ? std::nullopt : statistic(totals_);
}

double ClusterBootstrap::acceleration(const Statistic& statistic) const {
  std::vector<double> left_out;
  std::vector<double> sums(width_);
  double mean = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    for (std::size_t c = 0; c < width_; ++c) sums[c] = totals_[c] - row(i)[c];
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
  if (!seen || count_ < kFewestTasks || resampled_.empty()) return {};
  const std::size_t resamples = resampled_.size() / width_;
  std::vector<double> values;
  values.reserve(resamples);
  double below = 0;
  for (std::size_t r = 0; r < resampled_.size(); r += width_) {
    const auto each = statistic({resampled_.data() + r, width_});
    if (!each) continue;
    values.push_back(*each);
    below += *each < *seen ? 1 : *each == *seen ? 0.5 : 0;
  }
  if (static_cast<double>(values.size()) < 0.95 * static_cast<double>(resamples)) return {};
  std::sort(values.begin(), values.end());
  if (values.front() == values.back()) return {};
  const auto count = static_cast<double>(values.size());
  const double z0 = normal_quantile(std::clamp(below / count, 0.5 / count, 1 - 0.5 / count));
  const double a = acceleration(statistic);
  const auto n = static_cast<double>(count_);
  const auto limit = [&](double side) {
    const double z = z0 + t_quantile(side, n - 1) * std::sqrt(n / (n - 1));
    return at_share(values, normal_cdf(z0 + z / (1 - a * z)));
  };
  return Interval{limit((1 - level) / 2), limit((1 + level) / 2)};
}

std::optional<Interval> ClusterBootstrap::studentized_mean(std::size_t column, double level) const {
  if (count_ < kFewestTasks || resampled_.empty()) return {};
  const auto n = static_cast<double>(count_);
  const auto error = [&](double sum, double squares) {
    const double mean = sum / n;
    const double variance = squares / n - mean * mean;
    return variance > 1e-12 ? std::sqrt(variance / (n - 1)) : 0;
  };
  const double mean = totals_[column] / n;
  const double own = error(totals_[column], totals_[column + 1]);
  if (own <= 0) return {};
  std::vector<double> values;
  for (std::size_t r = 0; r < resampled_.size(); r += width_) {
    const double* sums = resampled_.data() + r;
    const double off = sums[column] / n - mean;
    const double spread = error(sums[column], sums[column + 1]);
    values.push_back(spread > 0 ? off / spread : off == 0 ? 0 : std::copysign(1e9, off));
  }
  std::sort(values.begin(), values.end());
  const Interval t{at_share(values, (1 - level) / 2), at_share(values, (1 + level) / 2)};
  if (t.low < -1e6 || t.high > 1e6) return {};
  return Interval{mean - t.high * own, mean - t.low * own};
}

}  // namespace weir
