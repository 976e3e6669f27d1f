// A night against its pinned anchor: pairs, verdicts, ledger.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "results/store/baseline_book.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

std::set<std::string> suites_of(const Arm& arm) {
  std::set<std::string> suites;
  for (const auto& trial : arm.trials) {
    if (!trial.suite.empty()) suites.insert(trial.suite);
  }
  return suites;
}

/// The part of an arm that one suite is.
Arm only_suite(const Arm& arm, const std::string& suite) {
  Arm part = arm;
  std::erase_if(part.trials, [&](const auto& trial) { return trial.suite != suite; });
  std::set<std::string> tasks;
  for (const auto& trial : part.trials) tasks.insert(trial.task);
  std::erase_if(part.tasks, [&](const auto& task) { return tasks.count(task.first) == 0; });
  return part;
}

/// Arms that a nightly gate has no say on: controls resolve all or nothing on purpose.
bool is_control(const Arm& arm) {
  return arm.config.agent == "oracle" || arm.config.agent == "nop";
}

std::vector<std::string> common_configs(const Reader& reader, const Baseline& baseline,
                                        const Run& run) {
  const std::vector<std::string> anchored =
      reader.config_names(reader.find_run(baseline.runs.front()));
  std::vector<std::string> common;
  for (const auto& config : reader.config_names(run)) {
    if (std::find(anchored.begin(), anchored.end(), config) != anchored.end()) {
      common.push_back(config);
    }
  }
  return common;
}

}  // namespace

Arm anchor_arm(const Reader& reader, const Baseline& baseline, const std::string& config) {
  Arm pooled;
  for (std::size_t i = 0; i < baseline.runs.size(); ++i) {
    Arm arm = reader.arm(reader.find_run(baseline.runs[i]), config, "@" + baseline.name);
    if (i == 0) {
      pooled = std::move(arm);
      continue;
    }
    for (const auto& difference : differences(pooled, arm)) {
      if (!difference.forbids_gate) continue;
      throw UserError(
          fmt::format("baseline {}: its runs cannot be pooled, their {} differ ({} against {})",
                      baseline.name, difference.what, difference.base, difference.fresh));
    }
    std::erase_if(pooled.tasks, [&](const auto& task) {  // only what all of them ran
      const auto other = arm.tasks.find(task.first);
      return other == arm.tasks.end() || other->second != task.second;
    });
    pooled.trials.insert(pooled.trials.end(), arm.trials.begin(), arm.trials.end());
  }
  return pooled;
}

std::vector<GateResult> gate_night(const Reader& reader, BaselineBook& book,
                                   const Baseline& baseline, const Run& run) {
  struct Stream {
    Arm anchor;
    Arm fresh;
    std::string suite;
  };
  std::vector<Stream> streams;
  for (const auto& config : common_configs(reader, baseline, run)) {
    const Arm anchor = anchor_arm(reader, baseline, config);
    if (is_control(anchor)) continue;
    const Arm fresh = reader.arm(run, config, config);
    const auto suites = suites_of(anchor);
    for (const auto& suite : suites) {
      Stream stream{only_suite(anchor, suite), only_suite(fresh, suite), suite};
      if (suites.size() > 1) stream.fresh.label += " on " + suite;
      streams.push_back(std::move(stream));
    }
  }
  std::vector<GateResult> results;
  PairingOptions options;
  options.seed = run.seed;
  const auto flaky = reader.flaky_tasks();
  options.quarantined.insert(flaky.begin(), flaky.end());
  for (const auto& stream : streams) {
    if (stream.fresh.tasks.empty()) continue;  // the night left this suite out
    const PairedComparison pair = compare_arms(stream.anchor, stream.fresh, options);
    const std::string config = stream.fresh.config.config;
    std::vector<NightLook> looks;
    for (const auto& look : book.looks(baseline.name, stream.suite, config)) {
      if (look.run != run.id && look.at <= run.started_at) looks.push_back(look.look);
    }
    looks.push_back(look_of(pair));
    GateResult result = gate_watched(pair, baseline.rules, looks, static_cast<int>(streams.size()));
    if (pair.quarantined > 0) {
      PairingOptions with_flaky;
      with_flaky.seed = run.seed;
      result.with_flaky = compare_arms(stream.anchor, stream.fresh, with_flaky).diff;
    }
    book.enter({baseline.name, stream.suite, config, run.id, run.started_at, looks.back(),
                std::log(std::max(1e-300, result.evidence)), result.verdict});
    results.push_back(std::move(result));
  }
  if (results.empty()) {
    throw UserError(fmt::format("run {} shares no config and suite with baseline {}",
                                run.id.substr(0, 12), baseline.name));
  }
  return results;
}

}  // namespace weir
