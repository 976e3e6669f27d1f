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
  int reached = 0;  ///< permutations that reach the target at all; the others cost infinitely
  std::optional<double> cost_usd;  ///< mean, at the target, of those that reach it
  Interval cost;                   ///< 2.5 % to 97.5 % of all permutations; may be infinite
  std::optional<double> gain_usd;  ///< that mean less the signal's cost
  Interval gain;                   ///< `cost` less the signal's cost
  double p = 1;                    ///< of noise doing as well: permutations no dearer, (1+x)/(1+n)
  [[nodiscard]] bool no_gain() const { return p > 0.025; }
};

/// The threshold chosen on other tasks, judged on these: folds by group.
struct CrossValidated {
  int folds = 0;
  int groups = 0;
  int out_of_reach = 0;  ///< folds whose other tasks never reach the target: all escalated
  double quality = 0;
  double error = 0;  ///< of it, over groups
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
  std::size_t candidates = 0;
  std::vector<CascadePoint> frontier;
  std::vector<CascadePoint> hull;
  std::optional<double> target;           ///< as a rate
  std::optional<CascadePoint> in_sample;  ///< tuned on what it is judged on
  std::optional<PermutedControl> null_control;
  std::optional<CrossValidated> cross_validated;  ///< nullopt with fewer than two groups
  std::optional<PairedCertificate> certificate;
  double minimum_detectable = 0;  ///< difference of resolve rates these tasks can show
};

/// `rule`: of two signals. Throws UserError for what the pairs cannot carry.
[[nodiscard]] PairedCalibration calibrate_pairs(PairedTasks pairs, TwoSignals rule,
                                                const CalibrationRequest& request);

}  // namespace weir
