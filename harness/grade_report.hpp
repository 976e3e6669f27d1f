#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "harness/grade.hpp"
#include "results/exchange/foreign.hpp"

namespace weir {

/// The official run report (schema_version 2), with the per-instance reports under "instances"
/// and what only Weir tells under "weir": outcomes with reasons, findings about the file,
/// verdicts known from before, and how often a second grading disagreed.
[[nodiscard]] nlohmann::ordered_json grade_json(const GradedRun& run);

/// Makes `folder`, if it is not there. Throws UserError if nothing can be written to it.
void require_grade_folder(const std::filesystem::path& folder);

/// Writes the official layout below `folder`: MODEL.weir.json, and per instance
/// logs/run_evaluation/weir/MODEL/ID/{patch.diff, eval.sh, run_instance.log, test_output.txt,
/// report.json}; report.json only where there is one. Of SWE-bench Pro also its eval_results.json.
void write_grade_folder(const GradedRun& run, const std::filesystem::path& folder);

/// The same outcomes as trials, a config per model, to be stored as a run.
[[nodiscard]] ForeignOutcomes outcomes_of(const GradedRun& run);

}  // namespace weir
