// weir grade: SWE-bench predictions made by anyone, judged.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "harness/grade_report.hpp"
#include "harness/interrupt.hpp"
#include "harness/version.hpp"
#include "results/store/import_run.hpp"
#include "tasks/digest.hpp"

namespace weir::cli {
namespace {

/// Stores the outcomes as a run, which then compares like any other; returns its id.
std::string store(const GradeCommand& command, const GradedRun& run) {
  const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  Digest id;
  Digest patches;
  for (const auto& graded : run.instances) patches.add(graded.instance_id).add(graded.patch);
  id.add(run.name).add(patches.hex()).add(format_time(now));
  ImportSource source{
      .run = id.hex().substr(0, 32),
      .name = command.name.empty() ? run.name : command.name,
      .source = fmt::format("{} graded by Weir, diffs sha256:{}", run.name, patches.hex()),
      .suite = command.options.suite.stem().string(),
      .weir_version = kVersion,
      .at = now};
  for (const auto& graded : run.instances) {
    source.task_sha256[graded.instance_id] = graded.task_sha256;
  }
  (void)import_run(command.common.db, source, outcomes_of(run));
  return source.run;
}

void print_table(const GradedRun& run) {
  std::vector<std::vector<std::string>> rows = {{"INSTANCE", "OUTCOME", "WHY"}};
  for (const auto& graded : run.instances) {
    std::string why = graded.message;
    for (const auto& anomaly : graded.anomalies) why += (why.empty() ? "" : "; ") + anomaly;
    rows.push_back({graded.instance_id, std::string(name_of(graded.outcome)), why});
  }
  const auto count = [&](InstanceState state) {
    return std::count_if(run.instances.begin(), run.instances.end(),
                         [&](const GradedPrediction& each) { return each.state == state; });
  };
  fmt::print(
      "{}\n{} resolved, {} unresolved, {} without a report, {} empty, {} without a prediction\n",
      columns(rows), count(InstanceState::resolved), count(InstanceState::unresolved),
      count(InstanceState::no_report), count(InstanceState::empty_patch),
      count(InstanceState::incomplete));
}

void print_second_gradings(const GradedRun& run) {
  int twice = 0;
  std::vector<std::string> disagreed;
  for (const auto& graded : run.instances) {
    if (!graded.second) continue;
    ++twice;
    if (*graded.second != graded.outcome) disagreed.push_back(graded.instance_id);
  }
  if (twice == 0) return;
  fmt::print("Graded twice: {}, of which {} disagreed{}{}\n", twice, disagreed.size(),
             disagreed.empty() ? "" : ": ", fmt::join(disagreed, ", "));
}

}  // namespace

int run(const GradeCommand& command) {
  GradeOptions options = command.options;
  options.db = command.common.db;
  if (options.db.has_parent_path()) std::filesystem::create_directories(options.db.parent_path());
  if (!command.report_dir.empty()) require_grade_folder(command.report_dir);
  RunControl control;
  const Interrupt interrupt(control);
  const GradedRun run = grade_predictions(options, control);
  for (const auto& finding : run.predictions.findings) fmt::print(stderr, "{}\n", finding.message);
  if (run.left > 0) {
    fmt::print(
        stderr,
        "\nInterrupted: {} of {} instances are left, so there is no report. The same command "
        "goes on: verdicts so far are known{}.\n",
        run.left, run.instances.size(), options.fresh ? " (without --fresh)" : "");
    return kInterrupted;
  }
  if (!command.report_dir.empty()) write_grade_folder(run, command.report_dir);
  const std::string id = store(command, run);
  fmt::print(stderr, "run {} \"{}\": weir compare {} --db {}\n", id.substr(0, 12), run.name,
             id.substr(0, 12), options.db.string());
  if (command.common.json) {
    fmt::print("{}\n",
               grade_json(run).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    print_table(run);
    print_second_gradings(run);
  }
  const bool incomplete = std::any_of(
      run.instances.begin(), run.instances.end(),
      [](const GradedPrediction& each) { return each.outcome == Outcome::infra_error; });
  return incomplete ? kIncomplete : kOk;
}

}  // namespace weir::cli
