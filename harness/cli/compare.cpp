// weir compare: one run's arms, or arms of several runs; the gate; what changed.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/chosen_arms.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/quarantine_list.hpp"
#include "results/explain.hpp"
#include "results/report/report.hpp"
#include "results/store/baseline_book.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

int exit_code(const std::vector<GateResult>& gates) {
  switch (worst(gates)) {
    case GateVerdict::passed:
      return kOk;
    case GateVerdict::regression:
      return kRegression;
    case GateVerdict::inconclusive:
      return kInconclusive;
  }
  return kInconclusive;
}

void print(const Common& common, const Document& document, json object,
           const std::vector<GateResult>& gates) {
  if (!common.json) {
    fmt::print("{}", to_markdown(document));
    return;
  }
  object["gates"] = json::array();
  for (const auto& gate : gates) object["gates"].push_back(json_of(gate));
  if (!gates.empty()) object["verdict"] = name_of(worst(gates));
  fmt::print("{}\n", object.dump(2, ' ', false, json::error_handler_t::replace));
}

/// Pairs as tables show them; one that cannot be paired is left to the gate to name.
std::vector<PairedComparison> shown_pairs(const Reader& reader, const std::vector<ArmPair>& pairs,
                                          const CompareCommand& command) {
  std::vector<PairedComparison> shown;
  for (const auto& [base, fresh] : pairs) {
    PairingOptions options;
    options.seed = fresh.run.seed;
    options.quarantined = left_out(reader, fresh, command);
    try {
      shown.push_back(compare_arms(base, fresh, options));
      reader.find_turns(shown.back().flips);
    } catch (const UserError&) {
      if (!command.gate) throw;
    }
  }
  return shown;
}

json pairs_json(const std::vector<PairedComparison>& pairs) {
  json list = json::array();
  for (const auto& pair : pairs) list.push_back(json_of(pair));
  return list;
}

/// Against a pinned baseline: `--baseline @NAME`.
int against_baseline(const Reader& reader, const CompareCommand& command, const Arms& arms) {
  if (!command.quarantine.empty()) {
    throw UserError(
        "--quarantine does not go with a pinned baseline, whose nights must leave out the same "
        "tasks: they take flaky ones from gold and empty runs");
  }
  if (!command.candidates.empty() || command.explain || arms.runs().size() > 1) {
    throw UserError(
        "--baseline @NAME compares one run, all its arms: no --candidate, no --explain, "
        "no second run");
  }
  const Run& run = arms.runs().front();
  BaselineBook book(command.common.db, command.gate ? Access::write : Access::read);
  const Baseline baseline = book.find(command.baseline.substr(1));
  require_same_rules(baseline, command.margin, command.alpha);
  const auto anchored = reader.config_names(reader.find_run(baseline.runs.front()));
  std::vector<ArmPair> pairs;
  for (Arm& arm : reader.arms(run)) {
    if (std::find(anchored.begin(), anchored.end(), arm.label) == anchored.end()) continue;
    const Arm anchor = anchor_arm(reader, baseline, arm.label);
    pairs.emplace_back(anchor, std::move(arm));
  }
  std::vector<GateResult> gates;
  if (command.gate) gates = gate_night(reader, book, baseline, run);
  const auto shown = shown_pairs(reader, pairs, command);
  print(command.common, pairs_document(shown, gates, run.seed), {{"pairs", pairs_json(shown)}},
        gates);
  return command.gate ? exit_code(gates) : kOk;
}

int explain_change(const Reader& reader, const Arms& arms, const CompareCommand& command) {
  auto pairs = chosen_pairs(reader, arms, command);
  Document document{"What changed", false, {}, {}, {}};
  for (auto& [then, now] : pairs) {
    if (then.run.id == now.run.id) {
      throw UserError("--explain compares two runs: weir compare OLD NEW --explain [--bridge RUN]");
    }
    PairingOptions options;
    options.seed = now.run.seed;
    ThenAndNow change{then, now, reader.at_prices_of(now, then.run), {}};
    if (!command.bridge.empty()) {
      change.bridge = reader.at_prices_of(
          arms.of(reader.find_run(command.bridge), then.config.config), then.run);
    }
    const auto parts = explain(change, options);
    document.simulated = document.simulated || then.run.simulated || now.run.simulated;
    Section section = explain_section(change, parts);
    section.heading += ": " + now.config.config;
    section.name +=
        document.sections.empty() ? "" : fmt::format("-{}", document.sections.size() + 1);
    document.sections.push_back(std::move(section));
    document.footer.push_back(fmt::format("{}: run {} (weir {}), then run {} (weir {}).",
                                          now.config.config, then.run.id.substr(0, 12),
                                          then.run.weir_version, now.run.id.substr(0, 12),
                                          now.run.weir_version));
  }
  print(command.common, document, json_of(document), {});
  return kOk;
}

/// The whole table of one run.
int one_run(const Reader& reader, const CompareCommand& command, const Run& run) {
  RunReport report = reader.report(run, command.baseline);
  if (command.gate || !command.quarantine.empty()) {
    std::vector<ArmPair> pairs;
    const std::string base = command.baseline.empty() ? report.arms.at(0).label : command.baseline;
    for (const auto& arm : report.arms) {
      if (arm.label == base || is_control(arm)) continue;
      pairs.emplace_back(reader.arm(run, base, base), arm);
    }
    if (command.gate) report.gates = judge_all(reader, pairs, command);
    report.pairs = shown_pairs(reader, pairs, command);
  } else {
    for (auto& pair : report.pairs) reader.find_turns(pair.flips);
  }
  json object = json_report(report.comparison);
  object["pairs"] = pairs_json(report.pairs);
  Document document = run_document(report);
  add_flips(document, report.pairs);
  print(command.common, document, object, report.gates);
  return command.gate ? exit_code(report.gates) : kOk;
}

/// Of each run, once: all its arms have its tasks.
void tell_changed_tasks(const Reader& reader, const Arms& arms, const CompareCommand& command) {
  if (command.quarantine.empty()) return;
  const Quarantine list = read_quarantine(command.quarantine);
  for (const auto& each : arms.runs()) {
    const auto of_run = reader.arms(each);
    if (!of_run.empty()) tell_changed(list, of_run.front(), command.quarantine);
  }
}

}  // namespace

int run(const CompareCommand& command) {
  const Reader reader(command.common.db);
  const Arms arms(reader, command);
  tell_changed_tasks(reader, arms, command);
  if (!command.baseline.empty() && command.baseline.front() == '@') {
    return against_baseline(reader, command, arms);
  }
  if (command.explain) return explain_change(reader, arms, command);
  const auto own = reader.config_names(arms.runs().front());
  const bool plain =
      command.baseline.empty() || std::find(own.begin(), own.end(), command.baseline) != own.end();
  if (arms.runs().size() == 1 && command.candidates.empty() && plain) {
    return one_run(reader, command, arms.runs().front());
  }
  const auto pairs = chosen_pairs(reader, arms, command);
  std::vector<GateResult> gates;
  if (command.gate) gates = judge_all(reader, pairs, command);
  const auto shown = shown_pairs(reader, pairs, command);
  std::vector<Arm> all;  // of the runs: a control may stand beside the pairs compared
  for (const auto& each : arms.runs()) {
    for (auto& arm : reader.arms(each)) all.push_back(std::move(arm));
  }
  print(command.common,
        pairs_document(shown, gates, arms.runs().back().seed, control_notes(all)),
        {{"pairs", pairs_json(shown)}}, gates);
  return command.gate ? exit_code(gates) : kOk;
}

}  // namespace weir::cli
