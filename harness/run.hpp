#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "harness/experiment.hpp"
#include "harness/run_control.hpp"

namespace weir {

struct RunOptions {
  std::filesystem::path db = "results/weir.db";
  int jobs = 0;          ///< trials in flight; 0 = one per core
  bool quiet = false;
  bool require_full_sandbox = false;
  std::optional<double> max_usd = {};  ///< resume: a new dollar limit
  bool allow_model_change = false;     ///< a model that changes does not split the run
  bool nightly = false;                ///< started by `weir nightly`, which may go on with it
};

/// How a run ended.
struct RunEnd {
  std::string run;
  Halt why = Halt::none;
  std::string message;
  bool interrupted = false;   ///< trials are left that `weir resume` can do
};

/// Starts a run of `experiment` and carries it as far as it goes.
[[nodiscard]] RunEnd start_run(const Experiment& experiment, const RunOptions& options,
                               RunControl& control);

/// Finishes run `run`: interrupted and not_run trials, plus those whose outcome
/// is in `retry`, each of which gets a new try.
[[nodiscard]] RunEnd resume_run(const std::string& run, const std::set<Outcome>& retry,
                                const RunOptions& options, RunControl& control);

}  // namespace weir
