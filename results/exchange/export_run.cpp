#include "results/exchange/export_run.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "results/exchange/atif_export.hpp"
#include "results/exchange/outcomes.hpp"
#include "results/exchange/trajectory_messages.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string text_of(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace) + "\n";
}

/// File names that are plain and differ, whatever the tasks are called.
class Names {
 public:
  std::string of(const std::string& name, const char* ending) {
    const std::string plain = plain_file_name(name);
    std::string unique = plain + ending;
    for (int i = 2; !used_.insert(unique).second; ++i)
      unique = fmt::format("{}-{}{}", plain, i, ending);
    return unique;
  }

 private:
  std::set<std::string> used_;
};

/// One file per trial; trials of which no texts are kept are told.
std::vector<std::string> write_trials(const Reader& reader, const Run& run, const ExportSink& sink,
                                      const char* ending, json (*make)(const TrialRecord&)) {
  std::vector<std::string> missing;
  std::map<std::string, ConfigRow> configs;
  for (const auto& row : reader.configs(run.id)) configs[row.config] = row;
  Names names;
  std::size_t written = 0;
  for (const auto& trial : reader.trials(run.id)) {
    try {
      const TrialRecord record = read_trial_record(reader, run, configs[trial.config], trial);
      const json file = make(record);
      const std::string name = fmt::format("{}.{}.{}", trial.task, trial.config, trial.attempt);
      sink(names.of(name, ending), text_of(file, 1));
      ++written;
    } catch (const UserError& error) {
      missing.emplace_back(error.what());
    }
  }
  if (written == 0) {
    throw UserError(
        fmt::format("run {} \"{}\" has no trajectories: it was imported, its texts "
                    "were pruned, or its agents ask no model",
                    run.id.substr(0, 12), run.name));
  }
  return missing;
}

std::vector<std::string> write_atif(const Reader& reader, const Run& run, const ExportSink& sink) {
  return write_trials(reader, run, sink, ".trajectory.json", atif_of);
}

std::vector<std::string> write_traj(const Reader& reader, const Run& run, const ExportSink& sink) {
  return write_trials(reader, run, sink, ".traj.json", messages_of);
}

std::set<std::string> swebench_tasks(const Reader& reader, const std::string& run) {
  std::set<std::string> tasks;
  const Rows rows =
      reader.query("SELECT task FROM task WHERE format = 'swebench' AND run = " + sql_text(run));
  for (const auto& row : rows.rows) tasks.insert(row.at(0).value_or(""));
  return tasks;
}

/// SWE-bench predictions: one file per config and attempt, since an instance has one
/// prediction in a file.
std::vector<std::string> write_predictions(const Reader& reader, const Run& run,
                                           const ExportSink& sink) {
  const std::set<std::string> instances = swebench_tasks(reader, run.id);
  if (instances.empty()) {
    throw UserError(
        fmt::format("run {} \"{}\" has no SWE-bench instances, or was imported without "
                    "their diffs",
                    run.id.substr(0, 12), run.name));
  }
  std::map<std::pair<std::string, int>, std::string> files;
  std::vector<std::string> left_out;
  for (const auto& trial : reader.trials(run.id)) {
    if (instances.count(trial.task) == 0) continue;
    if (is_missing(trial.outcome)) {
      left_out.push_back(fmt::format("{}: {}, no prediction", trial.trial, name_of(trial.outcome)));
      continue;
    }
    const json line = {
        {"instance_id", trial.task},
        {"model_name_or_path", run.simulated ? trial.config + " (simulated)" : trial.config},
        {"model_patch", reader.counted_try(trial.trial).submission}};
    files[{trial.config, trial.attempt}] += text_of(line, -1);
  }
  Names names;
  for (const auto& [key, lines] : files) {
    sink(names.of(fmt::format("{}.{}", key.first, key.second), ".predictions.jsonl"), lines);
  }
  return left_out;
}

std::vector<std::string> write_csv(const Reader& reader, const Run& run, const ExportSink& sink) {
  sink(Names().of(run.name, ".csv"), outcomes_csv(reader.trials(run.id), run.simulated));
  return {};
}

}  // namespace

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats = {
      {"atif", "ATIF 1.7 trajectories, one file per trial", write_atif},
      {"traj", "message lists as mini-swe-agent keeps them, one file per trial", write_traj},
      {"predictions", "SWE-bench predictions, one file per config and attempt", write_predictions},
      {"csv", "a row per trial, which `weir import` reads", write_csv},
  };
  return formats;
}

}  // namespace weir
