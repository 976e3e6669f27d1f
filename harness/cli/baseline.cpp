// weir baseline pin, list, diff: anchors of the gate.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/cli/table.hpp"
#include "harness/version.hpp"
#include "results/store/baseline_book.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

TimePoint now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

json json_of(const Baseline& baseline) {
  return {{"name", baseline.name},
          {"pinned_at", format_time(baseline.pinned_at)},
          {"margin", baseline.rules.margin},
          {"alpha", baseline.rules.alpha},
          {"weir_version", baseline.weir_version},
          {"runs", baseline.runs}};
}

void print(const Common& common, const json& object, const std::string& text) {
  if (common.json) {
    fmt::print("{}\n", object.dump(2));
  } else {
    fmt::print("{}", text);
  }
}

/// A name that --baseline @NAME and file names can carry.
void check_name(const std::string& name) {
  const bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (!sound) {
    throw UserError(fmt::format("--name \"{}\": letters, digits, '-', '_' and '.' only", name));
  }
}

/// What it would take a night of this size to pass.
std::string advice(const Reader& reader, const Baseline& baseline) {
  const Arm arm =
      anchor_arm(reader, baseline, reader.config_names(reader.find_run(baseline.runs[0])).at(0));
  const std::size_t tasks = arm.tasks.size();
  return fmt::format("Pinned {} ({} runs, {} tasks), margin {:.1f} points, alpha {}.\n",
                     baseline.name, baseline.runs.size(), tasks, baseline.rules.margin * 100,
                     baseline.rules.alpha);
}

}  // namespace

int run(const BaselinePinCommand& command) {
  check_name(command.name);
  const Reader reader(command.common.db);
  Baseline baseline;
  baseline.name = command.name;
  baseline.pinned_at = now();
  baseline.rules = {command.margin, command.alpha};
  baseline.weir_version = kVersion;
  for (const auto& name : command.runs) {
    const Run run = reader.find_run(name);
    if (!run.finished_at) {
      throw UserError(fmt::format("run {} is not finished; `weir resume {}` finishes it",
                                  run.id.substr(0, 12), run.id.substr(0, 12)));
    }
    if (reader.compare(run.id).parts.size() > 1) {
      throw UserError(fmt::format("run {} met two models under one name: it anchors nothing",
                                  run.id.substr(0, 12)));
    }
    if (std::find(baseline.runs.begin(), baseline.runs.end(), run.id) == baseline.runs.end()) {
      baseline.runs.push_back(run.id);
    }
  }
  const auto configs = reader.config_names(reader.find_run(baseline.runs.front()));
  for (const auto& run : baseline.runs) {
    if (reader.config_names(reader.find_run(run)) == configs) continue;
    throw UserError(
        fmt::format("runs {} and {} have other configs: pin them under names of their own",
                    baseline.runs.front().substr(0, 12), run.substr(0, 12)));
  }
  for (const auto& config : configs) {
    (void)anchor_arm(reader, baseline, config);  // the runs can be pooled
  }
  BaselineBook(command.common.db, Access::write).pin(baseline);
  print(command.common, json_of(baseline), advice(reader, baseline));
  return kOk;
}

int run(const BaselineListCommand& command) {
  (void)Reader(command.common.db);  // a file that is not there is not made
  const BaselineBook book(command.common.db, Access::read);
  json list = json::array();
  std::vector<std::vector<std::string>> rows = {{"BASELINE", "PINNED", "RUNS", "MARGIN", "ALPHA"}};
  for (const auto& baseline : book.all()) {
    list.push_back(json_of(baseline));
    std::string runs;
    for (const auto& run : baseline.runs) runs += (runs.empty() ? "" : " ") + run.substr(0, 12);
    rows.push_back({baseline.name, format_time(baseline.pinned_at), runs,
                    fmt::format("{:.1f} points", baseline.rules.margin * 100),
                    fmt::format("{}", baseline.rules.alpha)});
  }
  print(command.common, {{"baselines", list}}, columns(rows));
  return kOk;
}

int run(const BaselineDiffCommand& command) {
  const Reader reader(command.common.db);
  const BaselineBook book(command.common.db, Access::read);
  const Baseline baseline = book.find(command.name);
  const Run run = reader.find_run(command.run);
  const auto anchored = reader.config_names(reader.find_run(baseline.runs.front()));
  json streams = json::array();
  int common = 0;
  std::vector<std::vector<std::string>> rows = {{"CONFIG", "WHAT", "BASELINE", "RUN", ""}};
  for (const auto& config : reader.config_names(run)) {
    if (std::find(anchored.begin(), anchored.end(), config) == anchored.end()) continue;
    ++common;
    const auto found =
        differences(anchor_arm(reader, baseline, config), reader.arm(run, config, config));
    for (const auto& difference : found) {
      rows.push_back({config, difference.what, difference.base, difference.fresh,
                      difference.forbids_gate ? "forbids the gate" : ""});
      streams.push_back({{"config", config},
                         {"what", difference.what},
                         {"base", difference.base},
                         {"fresh", difference.fresh},
                         {"forbids_gate", difference.forbids_gate}});
    }
  }
  if (common == 0) {
    throw UserError(fmt::format("run {} and baseline {} have no config in common",
                                run.id.substr(0, 12), baseline.name));
  }
  const bool same = rows.size() == 1;
  print(command.common, {{"baseline", baseline.name}, {"run", run.id}, {"differences", streams}},
        same ? fmt::format("Run {} differs from baseline {} in nothing that is recorded.\n",
                           run.id.substr(0, 12), baseline.name)
             : columns(rows));
  return kOk;
}

}  // namespace weir::cli
