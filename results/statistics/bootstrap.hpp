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
  /// (ties half), acceleration by the jackknife over tasks. nullopt where fewer
  /// than two tasks, no spread among the resamples, or more than 5 % of them
  /// undefined: then no interval can be had this way.
  /// Source: Efron (1987), JASA 82; clusters: Field & Welsh (2007).
  [[nodiscard]] std::optional<Interval> bca(const Statistic& statistic, double level = 0.95) const;

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
