#pragma once

#include <set>
#include <string>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/run_log.hpp"

namespace weir {

/// One threshold, chosen beforehand, tested once on tasks that had no part in choosing it:
/// coin flips with its true rate, one attempt a task, so the binomial test is exact.
/// Source: Clopper & Pearson (1934).
struct Confirmation {
  Arm arm;                        ///< that confirmed
  std::set<std::string> formats;  ///< of its tasks
  double threshold = 0;
  std::optional<std::size_t> place;  ///< on the explored grid, if it is there
  int tasks = 0;
  int resolved = 0;
  int not_fresh = 0;  ///< tasks left out because the exploration had seen them
  int missing = 0;    ///< fresh tasks without an outcome: left out, or counted as unresolved
  double p = 1;       ///< of "its true resolve rate is below the target"
  double lower = 0;   ///< 1 - delta limit of its resolve rate
  std::optional<double> usd;  ///< mean per run
  bool certified = false;
};

/// Finds the cascade of the confirming run whose policy is the explored one but for its
/// threshold. Throws UserError if there is none or several, if models, agent or limits differ, if
/// the run is not finished (it could have been stopped when it looked good), or if fewer than 30
/// fresh tasks are left.
[[nodiscard]] Confirmation confirm(const Reader& reader, const Run& run, const RunLog& explored,
                                   const CalibrationRequest& request, double target);

}  // namespace weir
