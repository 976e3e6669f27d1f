#pragma once

#include <string>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/run_log.hpp"

namespace weir {

/// One threshold, chosen beforehand, tested once on tasks that had no part in choosing it:
/// coin flips with its true rate, one attempt a task, so the binomial test is exact.
/// Source: Clopper & Pearson (1934).
struct Confirmation {
  std::string run;
  double threshold = 0;
  std::optional<std::size_t> place;  ///< on the explored grid, if it is there
  int tasks = 0;
  int resolved = 0;
  int not_fresh = 0;  ///< tasks left out because the exploration had seen them
  double p = 1;       ///< of "its true resolve rate is below the target"
  double lower = 0;   ///< 1 - delta limit of its resolve rate
  std::optional<double> usd;  ///< mean per run
  bool certified = false;
};

/// Reads the confirming run's cascade (`config`; "" = the only one). Throws UserError if its
/// policy differs from the explored one in more than the threshold, if it explores
/// itself, or if fewer than 30 fresh tasks are left.
[[nodiscard]] Confirmation confirm(const Reader& reader, const Run& run, const std::string& config,
                                   const RunLog& explored, double target, double delta);

}  // namespace weir
