#pragma once

#include <utility>
#include <vector>

namespace weir {

// How well a score tells outcomes apart, and what a curve of choices is worth.

/// Area under the ROC curve by midranks: P(score of a 1 > score of a 0) + half of
/// ties; 0.5 where one class is empty. Source: Hanley & McNeil (1982).
[[nodiscard]] double auroc(const std::vector<double>& scores, const std::vector<int>& outcomes);

struct Calibration {
  double brier = 0;  ///< mean squared error of the probabilities
  double ece = 0;    ///< over bins (i/B, (i+1)/B], the first closed at 0
};
/// Source: Brier (1950); Naeini, Cooper & Hauskrecht (2015).
[[nodiscard]] Calibration calibration_error(const std::vector<double>& probabilities,
                                            const std::vector<int>& outcomes, int bins);

/// (cost, quality)
using CostQuality = std::pair<double, double>;

struct Hull {
  std::vector<CostQuality> points;
  double area = 0;          ///< from the cheapest hull point to the dearest point given
  double mean_quality = 0;  ///< area / that width; the quality itself where it is 0
};

/// Non-decreasing concave envelope: what mixtures of two choices reach.
/// Source: Hu et al. (2024), RouterBench, sec. 3 (with origin and divisor agreed).
[[nodiscard]] Hull concave_hull(std::vector<CostQuality> points);

/// How a vote of n samples split; counts per distinct answer, none 0.
struct VoteSplit {
  double entropy = 0;     ///< nats
  double normalized = 0;  ///< entropy / ln n; 0 for n = 1
  double margin = 1;      ///< (largest - second) / n
  double plurality = 1;   ///< largest / n
};
[[nodiscard]] VoteSplit vote_split(std::vector<int> counts);

}  // namespace weir
