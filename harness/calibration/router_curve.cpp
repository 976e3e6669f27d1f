#include "harness/calibration/router_curve.hpp"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

double percent_of(double part, std::size_t whole) {
  return 100 * part / static_cast<double>(whole);
}

void integrate(RouterCurve& curve) {
  const auto& points = curve.points;
  for (std::size_t i = 1; i < points.size(); ++i) {
    curve.auc += (points[i].first - points[i - 1].first) / 100 *
                 (points[i].second + points[i - 1].second) / 2;
  }
  const double weak = points.front().second;
  const double gap = points.back().second - weak;
  if (gap != 0) curve.apgr = (curve.auc - weak) / gap;
}

/// Linear interpolation between order statistics, as numpy.quantile.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

RouterCurve exact_curve(const PairedTasks& pairs, std::size_t signal) {
  RouterCurve curve;
  for (const auto& point : all_thresholds(pairs, signal)) {
    curve.points.emplace_back(percent_of(point.escalated, pairs.tasks.size()),
                              percent_of(point.resolved, pairs.tasks.size()));
  }
  integrate(curve);
  return curve;
}

RouterCurve binned_curve(const PairedTasks& pairs, std::size_t signal) {
  std::vector<double> scores;
  for (const auto& task : pairs.tasks) scores.push_back(task.signals[signal]);
  std::sort(scores.begin(), scores.end());
  RouterCurve curve;
  constexpr int kBins = 10;
  for (int bin = kBins; bin >= 0; --bin) {
    const double edge = quantile(scores, static_cast<double>(bin) / kBins);
    int strong = 0;
    int resolved = 0;
    for (const auto& task : pairs.tasks) {
      const double score = task.signals[signal];
      const bool up = bin == kBins ? score > edge : score >= edge;
      strong += up ? 1 : 0;
      resolved += (up ? task.strong : task.base) ? 1 : 0;
    }
    curve.points.emplace_back(percent_of(strong, pairs.tasks.size()),
                              percent_of(resolved, pairs.tasks.size()));
  }
  integrate(curve);
  return curve;
}

std::optional<double> call_share_for(const RouterCurve& curve, double percent,
                                     bool between_points) {
  const auto& points = curve.points;
  if (points.back().second <= points.front().second) return {};  // no gap to recover
  const double wanted =
      points.front().second + percent / 100 * (points.back().second - points.front().second);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].second + 1e-9 < wanted) continue;
    if (i == 0 || !between_points) return points[i].first;
    const auto& [share, quality] = points[i - 1];
    return share + (wanted - quality) / (points[i].second - quality) * (points[i].first - share);
  }
  return {};
}

}  // namespace weir
