#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/run_control.hpp"
#include "results/record.hpp"
#include "runners/grade/run_report.hpp"
#include "tasks/format.hpp"
#include "tasks/predictions.hpp"

namespace weir {

struct GradeOptions {
  std::filesystem::path suite;
  SuiteSources sources;
  std::string predictions;            ///< a file; or gold, or empty
  std::string environment = "host";   ///< see EnvironmentCache
  std::vector<std::string> tasks;     ///< globs; empty = all
  int jobs = 0;
  std::optional<milliseconds> timeout;  ///< of one instance's tests
  double twice = 0;                   ///< share of the instances graded a second time
  std::filesystem::path db;           ///< known verdicts are kept there
  bool fresh = false;                 ///< known verdicts are not asked for
};

/// What became of one instance.
struct GradedPrediction {
  std::string instance_id;
  std::string dialect;  ///< of its row
  std::string model;
  std::string patch;
  std::string test_command;
  Outcome outcome = Outcome::not_run;
  std::string message;
  std::vector<std::string> anomalies;
  std::string report;    ///< the official per-instance report, as JSON text; "" if there is none
  std::string test_log;
  std::string evidence;
  InstanceState state = InstanceState::incomplete;
  std::optional<FailureReason> failure;  ///< advice from the log
  bool known = false;                    ///< the verdict was there from before
  std::optional<Outcome> second;         ///< of a second grading, unasked by anybody else
  std::string task_sha256;
  milliseconds wall{0};
};

/// A predictions file, graded.
struct GradedRun {
  std::vector<GradedPrediction> instances;  ///< of the suite, in its order
  Predictions predictions;                  ///< what the file said; without rows for gold and empty
  std::vector<std::string> foreign_ids;     ///< predicted, and not in the suite
  std::string name;                         ///< of the file, gold or empty
  std::size_t left = 0;                     ///< instances not judged, since it was interrupted
};

/// Grades predictions made by anyone: each in an environment of its own, by the same grader as
/// trials. `gold` grades each instance's own solution; `empty` runs the tests on the base alone.
/// A verdict already known for the same task, diff, environment and grader is taken from the
/// database. One bad instance never stops the others. Progress goes to stderr. A drained `control`
/// ends it after the instances in hand, a stopped one at once. Throws UserError for a suite, file
/// or environment that cannot be had.
[[nodiscard]] GradedRun grade_predictions(const GradeOptions& options, const RunControl& control);

}  // namespace weir
