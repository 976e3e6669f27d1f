#include "results/statistics/discrimination.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace weir {

double auroc(const std::vector<double>& scores, const std::vector<int>& outcomes) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] < scores[b]; });
  double ranks = 0;
  double ones = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && scores[order[end]] == scores[order[i]]) ++end;
    const double midrank = static_cast<double>(i + end + 1) / 2;
    for (; i < end; ++i) {
      if (outcomes[order[i]] == 0) continue;
      ranks += midrank;
      ++ones;
    }
  }
  const double zeros = static_cast<double>(scores.size()) - ones;
  if (ones == 0 || zeros == 0) return 0.5;
  return (ranks - ones * (ones + 1) / 2) / (ones * zeros);
}

Calibration calibration_error(const std::vector<double>& probabilities,
                              const std::vector<int>& outcomes, int bins) {
  struct Bin {
    double p = 0;
    double y = 0;
  };
  std::vector<Bin> all(static_cast<std::size_t>(bins));
  Calibration result;
  const auto n = static_cast<double>(probabilities.size());
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double error = probabilities[i] - outcomes[i];
    result.brier += error * error / n;
    int bin = 0;
    while (bin + 1 < bins && probabilities[i] > (bin + 1) / static_cast<double>(bins)) ++bin;
    all[static_cast<std::size_t>(bin)].p += probabilities[i];
    all[static_cast<std::size_t>(bin)].y += outcomes[i];
  }
  for (const auto& bin : all) result.ece += std::abs(bin.p - bin.y) / n;
  return result;
}

Hull concave_hull(std::vector<CostQuality> points) {
  Hull hull;
  if (points.empty()) return hull;
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second > b.second;
  });
  const double dearest = points.back().first;
  auto& kept = hull.points;
  for (const auto& point : points) {
    if (!kept.empty() && point.second <= kept.back().second) continue;  // dearer, no better
    while (kept.size() >= 2) {
      const auto& a = kept[kept.size() - 2];
      const auto& b = kept.back();
      const double cross = (b.first - a.first) * (point.second - a.second) -
                           (b.second - a.second) * (point.first - a.first);
      if (cross < 0) break;
      kept.pop_back();
    }
    kept.push_back(point);
  }
  for (std::size_t i = 1; i < kept.size(); ++i) {
    hull.area += (kept[i].first - kept[i - 1].first) * (kept[i].second + kept[i - 1].second) / 2;
  }
  hull.area += (dearest - kept.back().first) * kept.back().second;
  const double width = dearest - kept.front().first;
  hull.mean_quality = width > 0 ? hull.area / width : kept.front().second;
  return hull;
}

VoteSplit vote_split(std::vector<int> counts) {
  VoteSplit split;
  const double n = std::accumulate(counts.begin(), counts.end(), 0);
  if (n <= 0) return split;
  std::sort(counts.rbegin(), counts.rend());
  for (const int count : counts) {
    if (count > 0) split.entropy -= count / n * std::log(count / n);
  }
  split.normalized = n > 1 ? split.entropy / std::log(n) : 0;
  split.margin = (counts[0] - (counts.size() > 1 ? counts[1] : 0)) / n;
  split.plurality = counts[0] / n;
  return split;
}

}  // namespace weir
