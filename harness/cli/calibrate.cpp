// weir calibrate: thresholds with certificates, or an honest "not yet".

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/calibration/calibration_json.hpp"
#include "harness/calibration/log_reader.hpp"
#include "harness/cli/options.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace {

CalibrationRequest request_of(const CalibrateCommand& command) {
  CalibrationRequest request = command.request;
  if (!command.target.empty()) request.target = parse_target(command.target);
  if (command.objective == "max-quality") request.objective = Objective::max_quality;
  if (command.guarantee == "asymptotic") request.guarantee = Guarantee::asymptotic;
  request.missing_unresolved = command.missing == "unresolved";
  if (request.objective == Objective::max_quality && !request.budget_usd) {
    throw UserError("--objective max-quality needs --budget USD");
  }
  return request;
}

template <typename Calibration>
int finish(const CalibrateCommand& command, const Calibration& found,
           const CalibrationRequest& request) {
  if (!command.claim.empty()) {
    replace_file(command.claim, claim_of(found, request).dump(2) + "\n");
  }
  fmt::print("{}\n", json_of(found, request).dump(2));
  return kOk;
}

}  // namespace

int run(const CalibrateCommand& command) {
  const CalibrationRequest request = request_of(command);
  if (!command.pairs.empty()) {
    const auto rule = command.rule == "and" ? TwoSignals::both : TwoSignals::either;
    return finish(command,
                  calibrate_pairs(read_paired_tasks(command.pairs, command.query), rule, request),
                  request);
  }
  return finish(command, calibrate_log(read_exploration_log(command.log), request), request);
}

}  // namespace weir::cli
