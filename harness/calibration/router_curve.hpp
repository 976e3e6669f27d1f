#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "harness/calibration/paired_search.hpp"

namespace weir {

/// How routers' papers show a score: quality over the share of tasks sent to the strong
/// model. Shares and qualities in percent.
struct RouterCurve {
  std::vector<std::pair<double, double>> points;  ///< (strong share, quality), shares ascending
  double auc = 0;                                 ///< mean quality over shares, trapezoid
  std::optional<double> apgr;  ///< the same of the recovered gap; nullopt: there is no gap
};

/// Of all thresholds.
[[nodiscard]] RouterCurve exact_curve(const PairedTasks& pairs, std::size_t signal = 0);
/// Of the edges of 10 bins of equal counts, as RouteLLM's evaluation draws it: strong iff
/// score >= edge, the last edge >. Source: Ong et al. (2024), sec. 5 and its code.
[[nodiscard]] RouterCurve binned_curve(const PairedTasks& pairs, std::size_t signal = 0);

/// CPT(x): the least strong share, in percent, that recovers x percent of the gap. Exact:
/// among the points; else where the line between points first gets there. nullopt: none.
[[nodiscard]] std::optional<double> call_share_for(const RouterCurve& curve, double percent,
                                                   bool between_points);

}  // namespace weir
