#include "harness/cli/chosen_arms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/quarantine_list.hpp"
#include "results/store/baseline_book.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"

namespace weir::cli {
namespace {

void add_pair(std::vector<ArmPair>& pairs, const Arm& base, Arm fresh) {
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
std::vector<ArmPair> named_pairs(const Reader& reader, const Arms& arms,
                                 const CompareCommand& command) {
  std::vector<ArmPair> pairs;
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

/// A verdict, or, with its `refusal`, why there is none: one pair that cannot be judged
/// hides no other.
GateResult judged(const Reader& reader, const Arm& base, const Arm& fresh,
                  const CompareCommand& command, std::string& refusal) {
  require_judgeable(reader, base.run);
  require_judgeable(reader, fresh.run);
  PairingOptions options;
  options.seed = fresh.run.seed;
  options.quarantined = left_out(reader, fresh, command);
  try {
    const PairedComparison pair = compare_arms(base, fresh, options);
    GateResult result = gate(pair, rules_of(command));
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

}  // namespace

Arms::Arms(const Reader& reader, const CompareCommand& command) : reader_(reader) {
  for (const auto& name : command.runs) runs_.push_back(reader.find_run(name));
  if (runs_.empty()) runs_.push_back(reader.find_run("latest"));
}

Arm Arms::named(const std::string& text, const Run& run) const {
  if (has(run, text)) return of(run, text);
  for (auto slash = text.find('/'); slash != std::string::npos; slash = text.find('/', slash + 1)) {
    const std::string config = text.substr(slash + 1);  // names of configs may hold slashes
    const auto other = run_named(text.substr(0, slash));
    if (other && has(*other, config)) return of(*other, config);
  }
  const auto slash = text.rfind('/');
  if (slash == std::string::npos) return of(run, text);  // says which there are
  return of(reader_.find_run(text.substr(0, slash)), text.substr(slash + 1));
}

Arm Arms::of(const Run& run, const std::string& config) const {
  const bool one = runs_.size() == 1 && runs_.front().id == run.id;
  return reader_.arm(run, config,
                     one ? config : run.name + " " + run.id.substr(0, 6) + "/" + config);
}

bool Arms::has(const Run& run, const std::string& config) const {
  const auto names = reader_.config_names(run);
  return std::find(names.begin(), names.end(), config) != names.end();
}

std::optional<Run> Arms::run_named(const std::string& name) const {
  try {
    return reader_.find_run(name);
  } catch (const UserError&) {
    return {};
  }
}

std::vector<ArmPair> chosen_pairs(const Reader& reader, const Arms& arms,
                                  const CompareCommand& command) {
  if (!command.candidates.empty() || !command.baseline.empty()) {
    return named_pairs(reader, arms, command);
  }
  std::vector<ArmPair> pairs;
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

std::set<std::string> left_out(const Reader& reader, const Arm& arm,
                               const CompareCommand& command) {
  std::set<std::string> tasks;
  if (command.gate) tasks = reader.quarantined(arm);
  if (command.quarantine.empty()) return tasks;
  tasks.merge(read_quarantine(command.quarantine).of(arm));
  return tasks;
}

GateRules rules_of(const CompareCommand& command) {
  GateRules rules;
  rules.margin = command.margin.value_or(rules.margin);
  rules.alpha = command.alpha.value_or(rules.alpha);
  return rules;
}

std::vector<GateResult> judge_all(const Reader& reader, const std::vector<ArmPair>& pairs,
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

}  // namespace weir::cli
