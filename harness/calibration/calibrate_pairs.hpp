#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/paired_search.hpp"
#include "harness/calibration/router_curve.hpp"

namespace weir {

/// The same search on the same signal shuffled over the tasks: what noise of that shape
/// "saves".
struct PermutedControl {
  int permutations = 0;
  double cost_usd = 0;  ///< mean, at the target; of those that reach it
  Interval cost;        ///< 2.5 % to 97.5 % of them
  int reached = 0;      ///< permutations that reach the target at all
  double gain_usd = 0;  ///< mean cost of noise less the signal's cost
  Interval gain;
  double p = 1;         ///< share of permutations no dearer than the signal; (1+x)/(1+n)
  [[nodiscard]] bool no_gain() const { return gain.low <= 0; }
};

/// The threshold chosen on other tasks, judged on these: folds by group.
struct CrossValidated {
  int folds = 0;
  double quality = 0;
  double error = 0;  ///< of it, over tasks
  double cost_usd = 0;
  int escalated = 0;
};

/// A threshold that a promise holds for; or none.
struct PairedCertificate {
  std::vector<double> grid;  ///< quantiles of the signal, seen before any outcome tested
  std::vector<double> p;
  std::vector<bool> certified;
  int tasks = 0;  ///< that the tests used
  std::optional<std::size_t> chosen;
  std::optional<int> tasks_needed;
};

struct PairedCalibration {
  PairedTasks pairs;
  std::vector<CascadePoint> points;  ///< all candidates
  std::vector<CascadePoint> frontier;
  std::vector<CascadePoint> hull;
  std::optional<double> target;            ///< as a rate
  std::optional<CascadePoint> in_sample;   ///< tuned on what it is judged on
  std::optional<PermutedControl> null_control;
  std::optional<CrossValidated> cross_validated;
  std::optional<PairedCertificate> certificate;
  double minimum_detectable = 0;  ///< difference of resolve rates these tasks can show
};

/// `rule`: of two signals. Throws UserError for what the pairs cannot carry.
[[nodiscard]] PairedCalibration calibrate_pairs(PairedTasks pairs, TwoSignals rule,
                                                const CalibrationRequest& request);

}  // namespace weir
