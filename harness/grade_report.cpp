#include "harness/grade_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string dumped(const ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

/// A name in a path, as the official harness writes it.
std::string path_part(const std::string& name) {
  std::string out;
  for (const char c : name.empty() ? std::string("None") : name)
    out += c == '/' ? "__" : std::string(1, c);
  return out == "." || out == ".." ? "_" : out;
}

/// The model most instances are of.
std::string model_of(const GradedRun& run) {
  for (const auto& graded : run.instances) {
    if (!graded.model.empty()) return graded.model;
  }
  return run.name;
}

ordered_json official_of(const GradedRun& run) {
  std::vector<InstanceResult> results;
  for (const auto& graded : run.instances) {
    results.push_back({graded.instance_id, graded.state, graded.failure});
  }
  return run_report(results, run.foreign_ids);
}

ordered_json outcome_json(const GradedPrediction& graded) {
  ordered_json out = {{"outcome", name_of(graded.outcome)},
                      {"message", to_utf8(graded.message)},
                      {"anomalies", ordered_json::array()},
                      {"known", graded.known},
                      {"seconds", static_cast<double>(graded.wall.count()) / 1000}};
  for (const auto& anomaly : graded.anomalies) out["anomalies"].push_back(to_utf8(anomaly));
  if (graded.second) out["second"] = name_of(*graded.second);
  return out;
}

ordered_json weir_json(const GradedRun& run) {
  ordered_json out = {{"outcomes", ordered_json::object()}, {"findings", ordered_json::array()}};
  int twice = 0;
  ordered_json disagreed = ordered_json::array();
  for (const auto& graded : run.instances) {
    out["outcomes"][graded.instance_id] = outcome_json(graded);
    if (!graded.second) continue;
    ++twice;
    if (*graded.second != graded.outcome) disagreed.push_back(graded.instance_id);
  }
  for (const auto& finding : run.predictions.findings) out["findings"].push_back(finding.message);
  out["graded_twice"] = twice;
  out["disagreed"] = disagreed;
  return out;
}

/// SWE-bench Pro's own report, {id: resolved}: what was submitted and got a verdict.
ordered_json pro_results(const GradedRun& run) {
  ordered_json out = ordered_json::object();
  for (const auto& graded : run.instances) {
    const bool judged =
        graded.outcome != Outcome::not_run && graded.outcome != Outcome::infra_error;
    if (graded.dialect != "swe-bench-pro" || !judged) continue;
    out[graded.instance_id] = graded.outcome == Outcome::resolved;
  }
  return out;
}

}  // namespace

ordered_json grade_json(const GradedRun& run) {
  ordered_json out = official_of(run);
  out["instances"] = ordered_json::object();
  for (const auto& graded : run.instances) {
    if (!graded.report.empty()) out["instances"].update(ordered_json::parse(graded.report));
  }
  out["weir"] = weir_json(run);
  return out;
}

void require_grade_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK | X_OK) != 0) {
    error.assign(errno, std::generic_category());
  }
  if (error) throw UserError(fmt::format("{}: {}", folder.string(), error.message()));
}

void write_grade_folder(const GradedRun& run, const fs::path& folder) {
  const std::string model = path_part(model_of(run));
  fs::create_directories(folder);
  write_file(folder / (model + ".weir.json"), dumped(official_of(run), 4) + "\n");
  const ordered_json pro = pro_results(run);
  if (!pro.empty()) write_file(folder / "eval_results.json", dumped(pro, -1));
  for (const auto& graded : run.instances) {
    if (graded.state == InstanceState::incomplete || graded.state == InstanceState::empty_patch)
      continue;
    const fs::path place = folder / "logs" / "run_evaluation" / "weir" / path_part(graded.model) /
                           path_part(graded.instance_id);
    fs::create_directories(place);
    write_file(place / "patch.diff", graded.patch);
    write_file(place / "eval.sh", "#!/bin/bash\n" + graded.test_command + "\n");
    write_file(place / "run_instance.log", graded.evidence + "\n" +
                                               std::string(name_of(graded.outcome)) + ": " +
                                               graded.message + "\n");
    write_file(place / "test_output.txt", graded.test_log);
    if (!graded.report.empty()) {
      write_file(place / "report.json", dumped(ordered_json::parse(graded.report), 4) + "\n");
    }
  }
}

ForeignOutcomes outcomes_of(const GradedRun& run) {
  ForeignOutcomes outcomes;
  for (const auto& graded : run.instances) {
    if (graded.state == InstanceState::incomplete) continue;
    ForeignTrial trial;
    trial.config = graded.model.empty() ? run.name : graded.model;
    trial.task = graded.instance_id;
    trial.outcome = graded.outcome;
    trial.message = to_utf8(graded.message);
    trial.wall_ms = graded.wall.count();
    outcomes.trials.push_back(std::move(trial));
  }
  return outcomes;
}

}  // namespace weir
