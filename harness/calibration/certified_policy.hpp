#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/confirm.hpp"
#include "harness/calibration/run_log.hpp"

namespace weir {

/// The tasks of these arms, as `task_population` says it of a run's: format, source, filter. Of
/// arms that took different tasks of their suites it equals no single run's: every use of
/// such a certificate extrapolates.
[[nodiscard]] std::map<std::string, std::string> population_of(
    const std::vector<Arm>& arms, const std::set<std::string>& formats);

/// What a certificate says besides what it binds.
struct CertificateFacts {
  bool simulated = false;
  std::map<std::string, std::string> binds;
  std::map<std::string, std::string> population;
  std::string prices_sha256;
  nlohmann::json quality;  ///< flat objects: keys of the tables' own
  nlohmann::json cost;
  std::map<std::string, SignalRate> signals;
};

/// The settled policy with its certificate, as TOML.
[[nodiscard]] std::string certified_policy(const std::string& settled,
                                           const CertificateFacts& facts);

/// The facts of a calibration on runs. `prices_sha256`: of the book its costs are of.
[[nodiscard]] CertificateFacts certificate_facts(const Reader& reader, const RunLog& runs,
                                                 const LogCalibration& found,
                                                 const CalibrationRequest& request,
                                                 const std::string& settled,
                                                 const std::optional<Confirmation>& confirmed,
                                                 const std::string& prices_sha256);

}  // namespace weir
