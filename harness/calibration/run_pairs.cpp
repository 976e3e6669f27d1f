#include "harness/calibration/run_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/arm_role.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

Arm plain_arm_of(const Reader& reader, const Run& run, const std::string& config) {
  Arm arm = reader.arm(run, config, config);
  if (role_of(arm.config).kind == ArmKind::plain) return arm;
  throw UserError(fmt::format(
      "config {} routes between models: --base and --strong name arms of one model each", config));
}

double signal_of(const TrialSummary& trial, const std::string& name,
                 const std::optional<Picodollars>& cost) {
  std::optional<double> value;
  if (name == "turns") value = trial.turns;
  if (name == "calls") value = trial.calls;
  if (name == "output_tokens") value = trial.output_total;
  if (name == "usd" && cost) value = static_cast<double>(*cost) / 1e12;
  if (name == "hash") value = hash_signal(trial.task);
  if (value) return *value;
  throw UserError(
      fmt::format("--signal {}: of a run's pairs the signals are turns, calls, usd, output_tokens "
                  "and hash, and trial {} must know it",
                  name, trial.trial));
}

}  // namespace

PairedTasks read_run_pairs(const Reader& reader, const RunSelection& selection,
                           const PairsQuery& query) {
  PairedTasks pairs{query.base, query.strong, query.signals, true, 0, false, {}};
  std::set<std::string> seen;
  std::set<std::string> asked;
  std::vector<Arm> bases;
  std::vector<Arm> strongs;
  for (const Run& run : selection.runs) {
    bases.push_back(plain_arm_of(reader, run, query.base));
    strongs.push_back(plain_arm_of(reader, run, query.strong));
    check_alike(bases, selection.book.has_value());
    check_alike(strongs, selection.book.has_value());
    const Arm& base = bases.back();
    const Arm& strong = strongs.back();
    const TrialCosts costs = costs_of(reader, selection, run);
    pairs.simulated = pairs.simulated || run.simulated;
    for (const auto& weak : base.trials) {
      const std::string id = weak.suite + "/" + weak.task;
      asked.insert(id);
      if (seen.count(id) > 0 || !resolved_of(weak)) continue;
      const auto other =
          std::find_if(strong.trials.begin(), strong.trials.end(), [&](const TrialSummary& trial) {
            return trial.suite == weak.suite && trial.task == weak.task &&
                   trial.attempt == weak.attempt && resolved_of(trial);
          });
      if (other == strong.trials.end()) continue;  // counted below
      const auto weak_cost = costs.of(weak);
      const auto strong_cost = costs.of(*other);
      if (!weak_cost || !strong_cost) {
        throw UserError(fmt::format("trial {} has no known cost: price it first (`weir reprice`)",
                                    weak_cost ? other->trial : weak.trial));
      }
      seen.insert(id);
      PairedTask task{id,           "", *resolved_of(weak), *resolved_of(*other), *weak_cost,
                      *strong_cost, {}};
      for (const auto& name : query.signals) {
        task.signals.push_back(signal_of(weak, name, weak_cost));
      }
      pairs.tasks.push_back(std::move(task));
    }
  }
  pairs.left_out = static_cast<int>(asked.size() - seen.size());
  if (pairs.tasks.empty()) {
    throw UserError(
        fmt::format("no task has outcomes under both {} and {}", query.base, query.strong));
  }
  return pairs;
}

}  // namespace weir
