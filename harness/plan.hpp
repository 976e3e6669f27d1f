#pragma once

#include <filesystem>
#include <optional>

#include "harness/experiment.hpp"
#include "results/report/document.hpp"

namespace weir {

struct PlanOptions {
  std::filesystem::path db = "results/weir.db";
  std::optional<double> target;  ///< resolve rate that a calibration is to certify
  double delta = 0.1;            ///< chance to break that promise
  double margin = 0.03;          ///< of the gate
  std::optional<double> effect;  ///< difference that must be seen
};

/// What an experiment will cost and show, before anything is spent: trials, dollars from
/// the history of equal configs (same agent, models and policy) in the database at the
/// prices of now, what differences its tasks can show, the gate's needs, a calibration's
/// odds, and the volume at which it pays back. What no history supports is said to be
/// assumed or unknown; a pilot is proposed. Throws UserError.
[[nodiscard]] Document plan_experiment(const Experiment& experiment, const PlanOptions& options);

}  // namespace weir
