#pragma once

#include <optional>
#include <vector>

namespace weir {

// What another policy would have earned, from logs of this one. Weights and ratios
// are target / logging probability; 1 on average where the log is sound.

struct Weighted {
  double ips = 0;       ///< mean of w r: unbiased
  double ips_se = 0;    ///< sd(n-1) / sqrt(n)
  double snips = 0;     ///< sum w r / sum w
  double snips_se = 0;  ///< sqrt(sum w^2 (r - snips)^2) / sum w
  double ess = 0;       ///< (sum w)^2 / sum w^2
  double max_weight = 0;
  double mean_weight = 0;
};

/// Importance sampling of single decisions or whole runs; weights above `clip` count
/// as `clip`. Source: Horvitz & Thompson (1952); Swaminathan & Joachims (2015).
[[nodiscard]] Weighted importance_weighted(std::vector<double> weights,
                                           const std::vector<double>& rewards,
                                           std::optional<double> clip = {});

struct PolicyValue {
  double value = 0;
  double se = 0;
};

/// One decision with two actions, as the doubly robust estimator needs it.
struct LoggedAction {
  int action = 0;        ///< 0 or 1
  double target_p1 = 0;  ///< the target's probability of action 1
  double logging_p1 = 0;
  double reward = 0;
  double q0 = 0;  ///< predicted reward of action 0
  double q1 = 0;
};
/// Source: Dudik, Langford & Li (2011).
[[nodiscard]] PolicyValue doubly_robust(const std::vector<LoggedAction>& log);

/// A step of a trajectory: its own ratio, its reward, and predictions.
struct LoggedStep {
  double ratio = 1;
  double reward = 0;
  double q = 0;  ///< of the action taken; doubly robust only
  double v = 0;  ///< of the state
};
using LoggedTrajectory = std::vector<LoggedStep>;

struct TrajectoryEstimates {
  double is = 0;      ///< total reward times the product of ratios
  double pdis = 0;    ///< each reward times the product so far
  double cwpdis = 0;  ///< the same, each step normalised by the products' sum; a
                      ///< finished trajectory keeps its last product there
};
/// Source: Precup, Sutton & Singh (2000); Thomas (2015), ch. 3.
[[nodiscard]] TrajectoryEstimates trajectory_estimates(const std::vector<LoggedTrajectory>& log);

struct StepwiseDoublyRobust {
  double value = 0;
  std::vector<double> per_trajectory;
};
/// V_t = v_t + ratio_t (r_t + V_{t+1} - q_t), backwards.
/// Source: Jiang & Li (2016), eq. 10.
[[nodiscard]] StepwiseDoublyRobust stepwise_doubly_robust(const std::vector<LoggedTrajectory>& log);

/// A run logged under a threshold drawn from a grid: a turn escalated iff its
/// signal >= threshold.
struct ThresholdRun {
  std::vector<double> signals;
  std::vector<int> escalated;  ///< 0 or 1, per signal
  double reward = 0;
};
/// Weight of each run for threshold grid[index]: 1 over the probability of all
/// thresholds that reproduce its every decision, 0 if this one does not.
/// Random-threshold logging is importance sampling from the mixture of thresholds.
[[nodiscard]] std::vector<double> consistent_weights(const std::vector<ThresholdRun>& runs,
                                                     const std::vector<double>& grid,
                                                     const std::vector<double>& probs,
                                                     std::size_t index);

}  // namespace weir
