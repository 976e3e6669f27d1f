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
    if (has(run, text)) return of(run, text);
    for (auto slash = text.find('/'); slash != std::string::npos;
         slash = text.find('/', slash + 1)) {
      const std::string config = text.substr(slash + 1);  // names of configs may hold slashes
      const auto other = run_named(text.substr(0, slash));
      if (other && has(*other, config)) return of(*other, config);
    }
    const auto slash = text.rfind('/');
    if (slash == std::string::npos) return of(run, text);  // says which there are
    return of(reader_.find_run(text.substr(0, slash)), text.substr(slash + 1));
  }

  [[nodiscard]] Arm of(const Run& run, const std::string& config) const {
    const bool one = runs_.size() == 1 && runs_.front().id == run.id;
    return reader_.arm(run, config,
                       one ? config : run.name + " " + run.id.substr(0, 6) + "/" + config);
  }

 private:
  [[nodiscard]] bool has(const Run& run, const std::string& config) const {
    const auto names = reader_.config_names(run);
    return std::find(names.begin(), names.end(), config) != names.end();
  }
  [[nodiscard]] std::optional<Run> run_named(const std::string& name) const {
    try {
      return reader_.find_run(name);
    } catch (const UserError&) {
      return {};
    }
  }

  const Reader& reader_;
  const CompareCommand& command_;
  std::vector<Run> runs_;
};

void add_pair(std::vector<std::pair<Arm, Arm>>& pairs, const Arm& base, Arm fresh) {
  if (fresh.run.id == base.run.id && fresh.config.config == base.config.config) {
    throw UserError(
        fmt::format("{} would be compared with itself (run {}); a name means the newest run that "
                    "bears it, `weir "
                    "runs` lists ids",
                    base.label, base.run.id.substr(0, 12)));
  }
  pairs.emplace_back(base, std::move(fresh));
}

/// With --baseline or --candidate: the baseline against each candidate, or against all
/// other configs of the runs.
std::vector<std::pair<Arm, Arm>> named_pairs(const Reader& reader, const Arms& arms,
                                             const CompareCommand& command) {
  std::vector<std::pair<Arm, Arm>> pairs;
  const Run& first = arms.runs().front();
  const std::string base_name =
      command.baseline.empty() ? reader.config_names(first).at(0) : command.baseline;
  const Arm base = arms.named(base_name, first);
  for (const auto& name : command.candidates) {
    add_pair(pairs, base, arms.named(name, arms.runs().back()));
  }
  if (!command.candidates.empty()) return pairs;
  for (const auto& run : arms.runs()) {
    for (const auto& config : reader.config_names(run)) {
      const bool itself = run.id == base.run.id && config == base.config.config;
      if (!itself) add_pair(pairs, base, arms.of(run, config));
    }
  }
  return pairs;
}

/// The pairs (base, fresh) that the command means.
std::vector<std::pair<Arm, Arm>> chosen_pairs(const Reader& reader, const Arms& arms,
                                              const CompareCommand& command) {
  if (!command.candidates.empty() || !command.baseline.empty()) {
    return named_pairs(reader, arms, command);
  }
  std::vector<std::pair<Arm, Arm>> pairs;
  const Run& first = arms.runs().front();
  for (std::size_t i = 1; i < arms.runs().size(); ++i) {
    const auto names = reader.config_names(arms.runs()[i]);
    for (const auto& config : reader.config_names(first)) {
      if (std::find(names.begin(), names.end(), config) == names.end()) continue;
      add_pair(pairs, arms.of(first, config), arms.of(arms.runs()[i], config));
    }
  }
  if (pairs.empty()) {
    throw UserError(
        "these runs have no config in common; name arms with --baseline RUN/CONFIG and "
        "--candidate RUN/CONFIG");
  }
  return pairs;
}

/// What the gate judges must have ended, as one run.
void require_fit(const Reader& reader, const Arm& arm) {
  const std::string id = arm.run.id.substr(0, 12);
  if (!arm.run.finished_at) {
    throw UserError(fmt::format("run {} is not finished; `weir resume {}` finishes it", id, id));
  }
  if (!reader.model_changes(arm.run.id, false).empty()) {
    throw UserError(
        fmt::format("run {} met two models under one name and is not judged as one", id));
  }
}

/// A verdict, or, with its `refusal`, why there is none: one pair that cannot be judged
/// hides no other.
GateResult judged(const Reader& reader, const Arm& base, const Arm& fresh,
                  const CompareCommand& command, std::string& refusal) {
  require_fit(reader, base);
  require_fit(reader, fresh);
  PairingOptions options;
  options.seed = fresh.run.seed;
  options.quarantined = reader.quarantined(fresh);
  try {
    const PairedComparison pair = compare_arms(base, fresh, options);
    GateResult result = gate(pair, {command.margin, command.alpha});
    if (pair.quarantined > 0) {
      options.quarantined.clear();
      result.with_flaky = compare_arms(base, fresh, options).diff;
    }
    return result;
  } catch (const UserError& error) {
    refusal = error.what();
    GateResult none;
    none.base = base.label;
    none.fresh = fresh.label;
    none.reason = refusal;
    return none;
  }
}

/// Verdicts on all pairs. Throws the reason if not one of them could be judged.
std::vector<GateResult> judge_all(const Reader& reader,
                                  const std::vector<std::pair<Arm, Arm>>& pairs,
                                  const CompareCommand& command) {
  if (pairs.empty()) {
    throw UserError("--gate needs two arms to compare: name them with --baseline and --candidate");
  }
  std::vector<GateResult> results;
  std::string first_refusal;
  std::size_t refused = 0;
  for (const auto& [base, fresh] : pairs) {
    std::string refusal;
    results.push_back(judged(reader, base, fresh, command, refusal));
    if (refusal.empty()) continue;
    ++refused;
    if (first_refusal.empty()) first_refusal = refusal;
  }
  if (refused == pairs.size()) throw UserError(first_refusal);
  return results;
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

/// Pairs as tables show them; one that cannot be paired is left to the gate to name.
std::vector<PairedComparison> shown_pairs(const Reader& reader,
                                          const std::vector<std::pair<Arm, Arm>>& pairs,
                                          bool gate) {
  std::vector<PairedComparison> shown;
  for (const auto& [base, fresh] : pairs) {
    PairingOptions options;
    options.seed = fresh.run.seed;
    if (gate) options.quarantined = reader.quarantined(fresh);
    try {
      shown.push_back(compare_arms(base, fresh, options));
      reader.find_turns(shown.back().flips);
    } catch (const UserError&) {
      if (!gate) throw;
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
  if (!command.candidates.empty() || command.explain || arms.runs().size() > 1) {
    throw UserError(
        "--baseline @NAME compares one run, all its arms: no --candidate, no --explain, "
        "no second run");
  }
  const Run& run = arms.runs().front();
  BaselineBook book(command.common.db);
  const Baseline baseline = book.find(command.baseline.substr(1));
  const auto anchored = reader.config_names(reader.find_run(baseline.runs.front()));
  std::vector<std::pair<Arm, Arm>> pairs;
  for (Arm& arm : reader.arms(run)) {
    if (std::find(anchored.begin(), anchored.end(), arm.label) == anchored.end()) continue;
    const Arm anchor = anchor_arm(reader, baseline, arm.label);
    pairs.emplace_back(anchor, std::move(arm));
  }
  std::vector<GateResult> gates;
  if (command.gate) gates = gate_night(reader, book, baseline, run);
  const auto shown = shown_pairs(reader, pairs, command.gate);
  print(command.common, pairs_document(shown, gates, run.seed), {{"pairs", pairs_json(shown)}},
        gates);
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
  object = json_of(document);
  print(command.common, document, object, {});
  return kOk;
}

/// The whole table of one run.
int one_run(const Reader& reader, const CompareCommand& command, const Run& run) {
  RunReport report = reader.report(run, command.baseline);
  if (command.gate) {
    std::vector<std::pair<Arm, Arm>> pairs;
    const std::string base = command.baseline.empty() ? report.arms.at(0).label : command.baseline;
    for (const auto& arm : report.arms) {
      if (arm.label == base || is_control(arm)) continue;
      pairs.emplace_back(reader.arm(run, base, base), arm);
    }
    report.gates = judge_all(reader, pairs, command);
    report.pairs = shown_pairs(reader, pairs, true);
  }
  for (auto& pair : report.pairs) reader.find_turns(pair.flips);
  json object = json_report(report.comparison);
  object["pairs"] = pairs_json(report.pairs);
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
  const auto shown = shown_pairs(reader, pairs, command.gate);
  print(command.common, pairs_document(shown, gates, arms.runs().back().seed),
        {{"pairs", pairs_json(shown)}}, gates);
  return command.gate ? exit_code(gates) : kOk;
}

}  // namespace weir::cli
