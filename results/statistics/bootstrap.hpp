#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "results/statistics/proportion.hpp"

namespace weir {

/// Resamples whole tasks with replacement, once, and gives intervals for any
/// number of statistics that are functions of column sums: means, differences of
/// means, ratios of totals. All of them see the same resamples. Reproducible on
/// every machine: mt19937 and Boost's uniform integers. Immutable after
/// construction; holds resamples x columns doubles.
class ClusterBootstrap {
 public:
  using Sums = std::span<const double>;
  /// nullopt where the statistic is undefined, such as a ratio to 0.
  using Statistic = std::function<std::optional<double>(const Sums&)>;

  /// `rows`: one per task, all of the same width. The first column of sums given to
  /// a statistic is the number of tasks; the rows' columns follow.
  ClusterBootstrap(const std::vector<std::vector<double>>& rows, int resamples, std::uint64_t seed);

  /// The statistic of the data itself.
  [[nodiscard]] std::optional<double> value(const Statistic& statistic) const;

  /// BCa interval: bias correction by the share of resamples below the value
  /// (ties half), acceleration by the jackknife over tasks. nullopt where fewer than
  /// 10 tasks, no spread among the resamples, or more than 5 % of them undefined: then
  /// no interval can be had this way. Percentiles are expanded for few tasks (Student's t
  /// for the normal quantile, n / (n - 1) for the variance); still approximate.
  /// Source: Efron (1987), JASA 82; clusters: Field & Welsh (2007); Hesterberg (2015).
  [[nodiscard]] std::optional<Interval> bca(const Statistic& statistic, double level = 0.95) const;

  /// Bootstrap-t interval for the mean of column `column`, whose squares are in column
  /// `column` + 1: skewness moves its limits, where Student's t would not let it. nullopt
  /// with fewer than 10 tasks or where resamples without spread decide the limits.
  /// Source: Hall (1988), Annals of Statistics 16.
  [[nodiscard]] std::optional<Interval> studentized_mean(std::size_t column,
                                                         double level = 0.95) const;

 private:
  [[nodiscard]] double acceleration(const Statistic& statistic) const;

  [[nodiscard]] Sums row(std::size_t i) const { return {rows_.data() + i * width_, width_}; }

  std::size_t count_ = 0;
  std::size_t width_ = 0;
  std::vector<double> rows_;  ///< row after row, as are the resamples' sums
  std::vector<double> totals_;
  std::vector<double> resampled_;
};

}  // namespace weir
