#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/calibration/certify.hpp"
#include "harness/calibration/estimates.hpp"
#include "harness/calibration/log_validation.hpp"

namespace weir {

/// `--target`: a resolve rate, or a share of the gap between two plain arms.
struct Target {
  double value = 0;
  bool of_gap = false;  ///< base + value * (strong - base)
};
/// "0.75" or "gap:0.8". Throws UserError.
[[nodiscard]] Target parse_target(const std::string& text);

enum class Objective {
  min_cost,     ///< the cheapest threshold that keeps the target
  max_quality,  ///< the best threshold whose mean cost keeps the budget; not certified
  max_utility   ///< most value per resolved run, less cost; not certified
};

struct CalibrationRequest {
  std::optional<Target> target;
  double delta = 0.1;
  Objective objective = Objective::min_cost;
  std::optional<double> budget_usd;  ///< mean per run
  std::optional<double> value_usd;   ///< of one resolved run
  Guarantee guarantee = Guarantee::finite_sample;
  bool missing_unresolved = false;
  std::uint64_t seed = 1;
  int resamples = 10'000;
};

/// What a blind choice would have done for the same money: runs sent at random to the
/// cheapest or to the dearest threshold of the grid.
struct BlindControl {
  double resolved = 0;
  double gain = 0;  ///< the chosen threshold's resolve rate less that
  std::optional<Interval> interval;
};

/// Where the simulated abstention is above this, only the certificate is shown: estimates
/// at a threshold that was rarely certified are not protected.
inline constexpr double kMostAbstention = 0.2;

/// What a log of drawn thresholds says, and what may be promised.
struct LogCalibration {
  std::size_t tasks = 0;
  std::size_t runs = 0;
  std::size_t missing = 0;
  std::size_t in_doubt = 0;
  bool simulated = false;
  std::optional<double> target;  ///< as a rate
  std::string gap;               ///< whose gap it is a share of; "" if of none
  std::vector<ThresholdEstimate> estimates;
  std::vector<double> probs;
  Certification finite_sample;
  Certification asymptotic;
  std::optional<std::size_t> finite_choice;
  std::optional<std::size_t> asymptotic_choice;
  std::optional<std::size_t> chosen;  ///< by the objective; nullopt: abstained
  bool certified = false;             ///< `chosen` keeps a promise, by the guarantee asked for
  /// What is certified with all missing outcomes unresolved; of logs that miss some.
  std::optional<std::size_t> bounded_choice;
  std::optional<double> abstention;        ///< simulated, for such a log
  std::optional<int> tasks_needed;         ///< where it abstained
  std::optional<LogValidation> validated;  ///< tuned by estimate, on other tasks
  std::optional<BlindControl> blind;
  double exploration_usd = 0;  ///< what the log's runs cost; unknown costs left out
  std::vector<BenefitCurve> benefit;  ///< of forks; empty without any

  /// Estimates at what was certified may be shown: such logs rarely abstain.
  [[nodiscard]] bool shows_estimates() const;
  [[nodiscard]] const Certification& certification(Guarantee guarantee) const {
    return guarantee == Guarantee::finite_sample ? finite_sample : asymptotic;
  }
};

/// Throws UserError for a log that cannot carry the request (log_checks.hpp), and for
/// a gap target without plain arms.
[[nodiscard]] LogCalibration calibrate_log(ExplorationLog log, const CalibrationRequest& request);

}  // namespace weir
