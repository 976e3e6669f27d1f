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

/// One arm of the baseline on one suite: what the ledger keeps a line of evidence for.
struct Stream {
  Arm anchor;
  std::string suite;
  std::string label;
};

std::vector<Stream> streams_of(const Reader& reader, const Baseline& baseline) {
  std::vector<Stream> streams;
  for (const auto& config : reader.config_names(reader.find_run(baseline.runs.front()))) {
    const Arm anchor = anchor_arm(reader, baseline, config);
    if (is_control(anchor)) continue;
    const auto suites = suites_of(anchor);
    for (const auto& suite : suites) {
      streams.push_back(
          {only_suite(anchor, suite), suite, config + (suites.size() > 1 ? " on " + suite : "")});
    }
  }
  return streams;
}

void refuse_unfit(const Reader& reader, const Baseline& baseline, const Run& run) {
  const std::string id = run.id.substr(0, 12);
  if (std::find(baseline.runs.begin(), baseline.runs.end(), run.id) != baseline.runs.end()) {
    throw UserError(fmt::format("run {} is part of baseline {}: it cannot be judged by itself", id,
                                baseline.name));
  }
  require_judgeable(reader, run);
}

GateResult not_judged(const Baseline& baseline, const std::string& label, const std::string& why) {
  GateResult result;
  result.base = "@" + baseline.name;
  result.fresh = label;
  result.reason = why;
  return result;
}

/// Judges one stream of the night.
GateResult judge(const Reader& reader, const BaselineBook& book, const Baseline& baseline,
                 const Run& run, const Stream& stream, const Arm& fresh, int streams,
                 GateLook& look) {
  PairingOptions options;
  options.seed = run.seed;
  options.quarantined = reader.quarantined(fresh);
  const PairedComparison pair = compare_arms(stream.anchor, fresh, options);
  std::vector<NightLook> looks;
  for (const auto& past : book.looks(baseline.name, stream.suite, fresh.config.config)) {
    if (past.run != run.id && past.at <= run.started_at) looks.push_back(past.look);
  }
  looks.push_back(look_of(pair));
  GateResult result = gate_watched(pair, baseline.rules, looks, streams);
  if (pair.quarantined > 0) {
    options.quarantined.clear();
    result.with_flaky = compare_arms(stream.anchor, fresh, options).diff;
  }
  look = {baseline.name,
          stream.suite,
          fresh.config.config,
          run.id,
          run.started_at,
          looks.back(),
          std::log(std::max(1e-300, result.evidence)),
          result.verdict};
  return result;
}

}  // namespace

void require_judgeable(const Reader& reader, const Run& run) {
  const std::string id = run.id.substr(0, 12);
  if (!run.finished_at) {
    throw UserError(fmt::format("run {} is not finished; `weir resume {}` finishes it", id, id));
  }
  if (!reader.model_changes(run.id, false).empty()) {
    throw UserError(
        fmt::format("run {} met two models under one name and is not judged as one; "
                    "`weir report {}` shows its parts",
                    id, id));
  }
}

void require_same_rules(const Baseline& baseline, const std::optional<double>& margin,
                        const std::optional<double>& alpha) {
  const GateRules& rules = baseline.rules;
  if (margin.value_or(rules.margin) == rules.margin && alpha.value_or(rules.alpha) == rules.alpha) {
    return;
  }
  throw UserError(
      fmt::format("baseline {} was pinned with --margin {} --alpha {}: rules do not change from "
                  "night to night; pin a "
                  "baseline of another name for others",
                  baseline.name, rules.margin, rules.alpha));
}

Arm anchor_arm(const Reader& reader, const Baseline& baseline, const std::string& config) {
  Arm pooled;
  for (std::size_t i = 0; i < baseline.runs.size(); ++i) {
    Arm arm = reader.arm(reader.find_run(baseline.runs[i]), config, "@" + baseline.name);
    if (i == 0) {
      pooled = std::move(arm);
      continue;
    }
    for (const auto& difference : differences(pooled, arm)) {
      if (!difference.forbids_gate && difference.what != "served models") continue;
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
  if (pooled.tasks.empty()) {
    throw UserError(fmt::format("baseline {}: its runs share no task", baseline.name));
  }
  return pooled;
}

std::vector<GateResult> gate_night(const Reader& reader, BaselineBook& book,
                                   const Baseline& baseline, const Run& run) {
  refuse_unfit(reader, baseline, run);
  const auto streams = streams_of(reader, baseline);
  const auto arms = reader.arms(run);
  std::vector<GateResult> results;
  std::vector<GateLook> looks;
  for (const auto& stream : streams) {
    const auto arm = std::find_if(arms.begin(), arms.end(), [&](const Arm& each) {
      return each.config.config == stream.anchor.config.config;
    });
    Arm fresh = arm == arms.end() ? Arm{} : only_suite(*arm, stream.suite);
    fresh.label = stream.label;
    if (fresh.tasks.empty()) {
      results.push_back(
          not_judged(baseline, stream.label, "the baseline has it, this night did not run it"));
      continue;
    }
    try {  // one arm that cannot be judged hides no verdict on another
      GateLook look;
      results.push_back(judge(reader, book, baseline, run, stream, fresh,
                              static_cast<int>(streams.size()), look));
      looks.push_back(look);
    } catch (const UserError& error) {
      results.push_back(not_judged(baseline, stream.label, error.what()));
    }
  }
  if (results.empty()) {
    throw UserError(
        fmt::format("baseline {} holds controls only: nothing to judge", baseline.name));
  }
  for (const auto& look : looks) book.enter(look);
  return results;
}

}  // namespace weir
