#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/experiment.hpp"
#include "harness/run.hpp"
#include "results/gate.hpp"

namespace weir {

struct NightlyOptions {
  std::filesystem::path db = "results/weir.db";
  int jobs = 0;
  std::string baseline;          ///< "" = the experiment's name
  bool pin_first = false;        ///< pin this night if no baseline is there yet
  std::optional<double> margin;  ///< of that pin; else they must be the baseline's own
  std::optional<double> alpha;
  std::filesystem::path reports = "results/nightly";
  std::optional<double> weekly_usd;  ///< of all runs of the last seven days in this database
  bool wait_off_peak = false;
  std::optional<int> prune_days;
  bool allow_model_change = false;
};

/// How a night ended.
struct NightlyEnd {
  RunEnd run;
  bool resumed = false;
  bool anchored = false;  ///< a baseline was there, or was pinned now
  std::string notice;     ///< for people: what to do about the gate; "" if nothing
  std::vector<GateResult> gates;
  std::filesystem::path folder;  ///< of this night's report.md, report.json, report.html,
                                 ///< junit.xml and summary.md
  int missing = 0;               ///< trials without an outcome
  std::string summary;           ///< the text of summary.md
  std::string unwritten;         ///< why the reports could not be written; "" if they were
};

/// One night: run the experiment (or go on with a night of it that was cut off, or that
/// ended without its reports), gate it against its pinned baseline, write the reports,
/// prune. What would make the night worthless (a folder that cannot be written, limits
/// other than the baseline's) is found before anything is spent. The week's money that
/// is left limits the run. Throws UserError.
[[nodiscard]] NightlyEnd run_night(const Experiment& experiment, const NightlyOptions& options,
                                   RunControl& control);

}  // namespace weir
