#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/calibrate_pairs.hpp"
#include "harness/calibration/turn_exploration.hpp"

namespace weir {

// What `weir calibrate --json` and `--claim` say: contracts (DESIGN, sections 5 and 8).

[[nodiscard]] nlohmann::json json_of(const LogCalibration& found,
                                     const CalibrationRequest& request);
[[nodiscard]] nlohmann::json json_of(const PairedCalibration& found,
                                     const CalibrationRequest& request);

/// Of a log explored turn by turn: `frontier` holds the estimates, the certificate abstains.
[[nodiscard]] nlohmann::json json_of(const ExplorationLog& log,
                                     const std::vector<TurnwiseEstimate>& estimates);

/// {"threshold", "k", "resolve_ci", "cost_ci", "resolve_lcb", ...}; a null threshold only
/// ever means: abstained.
[[nodiscard]] nlohmann::json claim_of(const LogCalibration& found,
                                      const CalibrationRequest& request);
[[nodiscard]] nlohmann::json claim_of(const PairedCalibration& found,
                                      const CalibrationRequest& request);

}  // namespace weir
