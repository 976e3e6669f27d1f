// weir compare: one run's arms, or arms of several runs; the gate; what changed.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "results/explain.hpp"
#include "results/report/report.hpp"
#include "results/store/baseline_book.hpp"
#include "results/store/reader.hpp"
#include "tasks/error.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

/// Reads arms as the command line names them: CONFIG, RUN/CONFIG or @BASELINE.
class Arms {
 public:
  Arms(const Reader& reader, const CompareCommand& command) : reader_(reader), command_(command) {
    for (const auto& name : command.runs) runs_.push_back(reader.find_run(name));
    if (runs_.empty()) runs_.push_back(reader.find_run("latest"));
  }

  [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }

  /// `run`: which a bare CONFIG belongs to.
  [[nodiscard]] Arm named(const std::string& text, const Run& run) const {
    const auto slash = text.rfind('/');
    if (slash == std::string::npos) return of(run, text);
    return of(reader_.find_run(text.substr(0, slash)), text.substr(slash + 1));
  }

  [[nodiscard]] Arm of(const Run& run, const std::string& config) const {
    const bool one = runs_.size() == 1 && runs_.front().id == run.id;
    return reader_.arm(run, config,
                       one ? config : run.name + " " + run.id.substr(0, 6) + "/" + config);
  }

 private:
  const Reader& reader_;
  const CompareCommand& command_;
  std::vector<Run> runs_;
};

/// The pairs (base, fresh) that the command means.
std::vector<std::pair<Arm, Arm>> chosen_pairs(const Reader& reader, const Arms& arms,
                                              const CompareCommand& command) {
  std::vector<std::pair<Arm, Arm>> pairs;
  const Run& last = arms.runs().back();
  if (!command.candidates.empty() || !command.baseline.empty()) {
    const std::string base_name = command.baseline.empty()
                                      ? reader.config_names(arms.runs().front()).at(0)
                                      : command.baseline;
    const Arm base = arms.named(base_name, arms.runs().front());
    std::vector<std::string> candidates = command.candidates;
    if (candidates.empty()) candidates = reader.config_names(last);
    for (const auto& name : candidates) {
      Arm fresh = arms.named(name, last);
      const bool same = fresh.run.id == base.run.id && fresh.config.config == base.config.config;
      if (same && command.candidates.empty()) continue;
      if (same) throw UserError(fmt::format("--candidate {} is the baseline itself", name));
      pairs.emplace_back(base, std::move(fresh));
    }
    return pairs;
  }
  const Run& first = arms.runs().front();
  for (std::size_t i = 1; i < arms.runs().size(); ++i) {
    const auto names = reader.config_names(arms.runs()[i]);
    for (const auto& config : reader.config_names(first)) {
      if (std::find(names.begin(), names.end(), config) == names.end()) continue;
      pairs.emplace_back(arms.of(first, config), arms.of(arms.runs()[i], config));
    }
  }
  if (pairs.empty()) {
    throw UserError(
        "these runs have no config in common; name arms with --baseline RUN/CONFIG and "
        "--candidate RUN/CONFIG");
  }
  return pairs;
}

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

PairingOptions pairing(const Reader& reader, const Run& run, bool gate) {
  PairingOptions options;
  options.seed = run.seed;
  if (gate) {
    const auto flaky = reader.flaky_tasks();
    options.quarantined.insert(flaky.begin(), flaky.end());
  }
  return options;
}

/// Against a pinned baseline: `--baseline @NAME`.
int against_baseline(const Reader& reader, const CompareCommand& command, const Run& run) {
  BaselineBook book(command.common.db);
  const Baseline baseline = book.find(command.baseline.substr(1));
  std::vector<PairedComparison> pairs;
  for (const auto& config : reader.config_names(run)) {
    const auto anchored = reader.config_names(reader.find_run(baseline.runs.front()));
    if (std::find(anchored.begin(), anchored.end(), config) == anchored.end()) continue;
    pairs.push_back(compare_arms(anchor_arm(reader, baseline, config),
                                 reader.arm(run, config, config),
                                 pairing(reader, run, command.gate)));
    reader.find_turns(pairs.back().flips);
  }
  std::vector<GateResult> gates;
  if (command.gate) gates = gate_night(reader, book, baseline, run);
  json object{{"pairs", json::array()}};
  for (const auto& pair : pairs) object["pairs"].push_back(json_of(pair));
  print(command.common, pairs_document(pairs, gates, run.seed), object, gates);
  return command.gate ? exit_code(gates) : kOk;
}

int explain_change(const Reader& reader, const Arms& arms, const CompareCommand& command) {
  auto pairs = chosen_pairs(reader, arms, command);
  Document document{"What changed", false, {}, {}, {}};
  json object{{"explained", json::array()}};
  for (auto& [then, now] : pairs) {
    if (then.run.id == now.run.id) {
      throw UserError("--explain compares two runs: weir compare OLD NEW --explain [--bridge RUN]");
    }
    ThenAndNow change{then, now, reader.at_prices_of(now, then.run), {}};
    if (!command.bridge.empty()) {
      change.bridge = reader.at_prices_of(
          arms.of(reader.find_run(command.bridge), then.config.config), then.run);
    }
    const auto parts = explain(change, pairing(reader, now.run, false));
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
  object = json_of(document);
  print(command.common, document, object, {});
  return kOk;
}

/// The whole table of one run.
int one_run(const Reader& reader, const CompareCommand& command, const Run& run) {
  RunReport report = reader.report(run, command.baseline);
  if (command.gate) {
    if (report.pairs.empty()) {
      throw UserError(
          "--gate needs two arms to compare: name them with --baseline and --candidate");
    }
    const auto options = pairing(reader, run, true);
    const auto base = std::find_if(report.arms.begin(), report.arms.end(), [&](const Arm& arm) {
      return arm.label == report.pairs.front().base;
    });
    for (const auto& arm : report.arms) {
      if (&arm == &*base || arm.config.agent == "oracle" || arm.config.agent == "nop") continue;
      report.gates.push_back(
          gate(compare_arms(*base, arm, options), {command.margin, command.alpha}));
    }
  }
  json object = json_report(report.comparison);
  object["pairs"] = json::array();
  for (auto& pair : report.pairs) {
    reader.find_turns(pair.flips);
    object["pairs"].push_back(json_of(pair));
  }
  Document document = run_document(report);
  add_flips(document, report.pairs);
  print(command.common, document, object, report.gates);
  return command.gate ? exit_code(report.gates) : kOk;
}

}  // namespace

int run(const CompareCommand& command) {
  const Reader reader(command.common.db);
  const Arms arms(reader, command);
  if (!command.baseline.empty() && command.baseline.front() == '@') {
    return against_baseline(reader, command, arms.runs().back());
  }
  if (command.explain) return explain_change(reader, arms, command);
  if (arms.runs().size() == 1 && command.candidates.empty() &&
      command.baseline.find('/') == std::string::npos) {
    if (!command.baseline.empty()) (void)arms.of(arms.runs().front(), command.baseline);
    return one_run(reader, command, arms.runs().front());
  }
  std::vector<PairedComparison> pairs;
  std::vector<GateResult> gates;
  json object{{"pairs", json::array()}};
  const PairingOptions options = pairing(reader, arms.runs().back(), command.gate);
  for (const auto& [base, fresh] : chosen_pairs(reader, arms, command)) {
    pairs.push_back(compare_arms(base, fresh, options));
    if (command.gate) gates.push_back(gate(pairs.back(), {command.margin, command.alpha}));
    reader.find_turns(pairs.back().flips);
    object["pairs"].push_back(json_of(pairs.back()));
  }
  print(command.common, pairs_document(pairs, gates, options.seed), object, gates);
  return command.gate ? exit_code(gates) : kOk;
}

}  // namespace weir::cli
