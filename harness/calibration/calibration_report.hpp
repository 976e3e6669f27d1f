#pragma once

#include <string>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/calibrate_pairs.hpp"
#include "harness/calibration/confirm.hpp"
#include "results/report/document.hpp"

namespace weir {

/// Where a calibration came from, for headers: enough to make it again.
struct CalibrationOrigin {
  std::string what;     ///< "run 0123abcd (cascade)", a file's name and digest
  std::string command;  ///< that made it
  std::string version;
  std::string prices;  ///< what its costs are of
  std::string population;
  std::string deploy;           ///< where a policy made of it may run
  std::optional<int> searches;  ///< of this log so far, this one too; nullopt: not counted
};

/// When threshold `k` has saved what exploring cost, against escalating most of all, by the
/// estimates; nullopt: it saves nothing.
struct Payback {
  double saved_usd = 0;  ///< per run
  double runs = 0;
};
[[nodiscard]] std::optional<Payback> payback_of(const LogCalibration& found, std::size_t k);

/// A target as it was tested, to ten digits: "66.66666667 %".
[[nodiscard]] std::string target_text(double target);

/// "p = 0.014", "p < 0.001".
[[nodiscard]] std::string p_is(double p);

void add_calibration_footer(Document& document, const CalibrationRequest& request,
                            const CalibrationOrigin& origin);

/// One page: what is certified, what every threshold does, what blind choice would have done,
/// what exploring cost. Where the simulated abstention is above 20 %, certificates
/// only: no estimate is shown.
[[nodiscard]] Document calibration_document(const LogCalibration& found,
                                            const CalibrationRequest& request,
                                            const CalibrationOrigin& origin,
                                            const std::optional<Confirmation>& confirmed);
[[nodiscard]] Document calibration_document(const PairedCalibration& found,
                                            const CalibrationRequest& request,
                                            const CalibrationOrigin& origin);

/// Figures, as SVG without anything fetched: quality over cost with bands and the chosen
/// threshold; cost by tier over thresholds.
[[nodiscard]] std::string frontier_figure(const LogCalibration& found);
[[nodiscard]] std::string cost_figure(const LogCalibration& found);
/// What escalating gained by value of a signal, with intervals; of a log with forks.
[[nodiscard]] std::string benefit_figure(const BenefitCurve& curve, bool simulated);
[[nodiscard]] std::string frontier_figure(const PairedCalibration& found);

}  // namespace weir
