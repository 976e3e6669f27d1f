#include "harness/calibration/run_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "harness/router/signals.hpp"
#include "results/arm_role.hpp"
#include "runners/trial.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

Policy policy_of(const ConfigRow& config) {
  return config.policy.empty() ? Policy()
                               : parse_policy(config.config + "'s policy", config.policy);
}

bool explores(const ConfigRow& config) {
  return role_of(config).kind == ArmKind::cascade && !policy_of(config).grid.empty();
}

void check_external(const ConfigRow& config) {
  if (config.policy.find("[external]") == std::string::npos) return;
  throw UserError(
      fmt::format("{}: routes by a program, which has no threshold to calibrate", config.config));
}

/// The grid ascending with its probabilities, and each value's place.
void use_grid(const Policy& policy, ExplorationLog& log) {
  std::vector<std::size_t> order(policy.grid.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return policy.grid[a] < policy.grid[b]; });
  if (order.size() > kMostThresholds) {
    throw UserError(
        fmt::format("the grid has {} thresholds; {} is the most", order.size(), kMostThresholds));
  }
  for (const std::size_t i : order) {
    log.grid.push_back(policy.grid[i]);
    log.probs.push_back(policy.probs[i]);
  }
}

/// The thresholds that agree with all of a trial's decisions.
ThresholdSet agreeing(const std::vector<Decision>& decisions, const std::vector<double>& grid,
                      const std::string& trial) {
  ThresholdSet agree = 0;
  for (std::size_t k = 0; k < grid.size(); ++k) agree |= ThresholdSet{1} << k;
  for (const auto& decision : decisions) {
    const json others = json::parse(decision.grid, nullptr, false);
    if (!others.is_object() || others.empty()) {
      throw UserError(
          fmt::format("trial {}, turn {}: does not say what other thresholds would have decided; "
                      "run it again with this version",
                      trial, decision.turn));
    }
    std::set<std::size_t> said;
    for (const auto& [threshold, what] : others.items()) {
      double value = 0;
      const auto [end, error] =
          std::from_chars(threshold.data(), threshold.data() + threshold.size(), value);
      const auto k = error == std::errc() ? place_of(grid, value) : std::nullopt;
      if (!k) continue;
      said.insert(*k);
      if (what != decision.decision) agree &= ~(ThresholdSet{1} << *k);
    }
    if (said.size() != grid.size()) {
      throw UserError(
          fmt::format("trial {}, turn {}: signals were not evaluated for every threshold of the "
                      "grid",
                      trial, decision.turn));
    }
  }
  return agree;
}

void check_visibility(const Reader& reader, const Run& run, const std::string& config,
                      const Policy& policy) {
  for (const auto& [signal, weight] : policy.weights) {
    if (weight <= 0) continue;
    const Rows seen = reader.query(fmt::format(
        "SELECT count(*) FROM v_signal JOIN trial ON trial.id = v_signal.trial WHERE v_signal.run "
        "= '{}' AND trial.config = {} AND v_signal.name = '{}' AND visibility = 'grader'",
        run.id, sql_text(config), signal));
    if (seen.rows.at(0).at(0) == "0") continue;
    throw UserError(fmt::format(
        "{}: the signal {} was seen by the grader's eyes: hidden tests were among the visible "
        "ones. A deployed policy has none; calibrate on tasks without overlap (`weir validate` "
        "names them)",
        config, signal));
  }
}

void add_plain_arms(const std::vector<Arm>& arms, const TrialCosts& costs, ExplorationLog& log,
                    std::map<std::string, std::string>& tiers) {
  for (const auto& arm : arms) {
    if (role_of(arm.config).kind != ArmKind::plain) continue;
    const auto known = tiers.emplace(arm.config.config, arm.config.tiers).first;
    if (known->second != arm.config.tiers) {
      throw UserError(
          fmt::format("config {} has another model in run {} than before: they are not one arm",
                      arm.config.config, arm.run.id.substr(0, 12)));
    }
    for (const auto& trial : arm.trials) {
      const auto resolved = resolved_of(trial);
      if (!resolved) continue;
      const auto cost = costs.of(trial);
      PlainArm& plain = log.plain_arm(arm.config.config);
      ++plain.runs;
      plain.resolved += *resolved ? 1 : 0;
      plain.usd += static_cast<double>(cost.value_or(0)) / 1e12;
      plain.priced = plain.priced && cost;
    }
  }
}

/// What each trial would have cost with no cache but the one its own path warmed.
std::map<std::string, std::optional<Picodollars>> own_cache_costs(const Reader& reader,
                                                                  const std::string& run,
                                                                  const PriceBook& book) {
  auto calls = reader.billed_calls(run);
  std::erase_if(calls, [](const BilledCall& call) { return !call.counted; });
  std::map<std::string, std::optional<Picodollars>> costs;
  for (const auto& [trial, cost] : cache_costs_by_trial(calls, book))
    costs[trial] = cost.cold.whole();
  return costs;
}

/// Puts the exploring arms of several runs into one log.
class RunLogReader {
 public:
  RunLogReader(const Reader& reader, const RunSelection& selection)
      : reader_(reader), selection_(selection) {}

  void add(const Run& run) {
    const auto config = exploring_config(reader_, run, selection_.config);
    if (!config) {
      throw UserError(fmt::format(
          "run {}: no config draws its thresholds: a deterministic log says nothing of other "
          "thresholds. Run with [explore] in the policy, or give two plain arms with --base and "
          "--strong",
          run.id.substr(0, 12)));
    }
    const auto arms = reader_.arms(run);
    const TrialCosts costs = costs_of(reader_, selection_, run);
    add_plain_arms(arms, costs, found_.log, plain_tiers_);
    const auto arm = std::find_if(arms.begin(), arms.end(),
                                  [&](const Arm& each) { return each.config.config == *config; });
    found_.policy = policy_of(arm->config);
    if (found_.log.grid.empty()) use_grid(found_.policy, found_.log);
    found_.log.every_threshold = found_.policy.tree;
    check_visibility(reader_, run, *config, found_.policy);
    found_.formats.merge(formats_of(reader_, run));
    found_.arms.push_back(*arm);
    check_alike(found_.arms, selection_.book.has_value());
    found_.log.simulated = found_.log.simulated || run.simulated;
    const auto thresholds = thresholds_of(run);
    const TrialCosts own = found_.policy.tree && selection_.book
                               ? TrialCosts{own_cache_costs(reader_, run.id, *selection_.book)}
                               : costs;
    for (const auto& trial : arm->trials) {
      const auto drawn = thresholds.find(trial.trial);
      if (drawn == thresholds.end() || trial.outcome == Outcome::not_run) continue;
      found_.log.runs.push_back(explored(trial, drawn->second, own));
    }
    add_forks(run, *config);
    add_spend(run, *config);
  }
  RunLog take() { return std::move(found_); }

 private:
  void add_forks(const Run& run, const std::string& config) {
    for (const auto& pair : reader_.forks(run.id, config)) {
      ForkEffect effect = effect_of(pair);
      if (pair.fork.phase == "draft") drop_what_results_show(effect);
      if (selection_.book) effect.usd.reset();  // booked under other prices
      found_.log.forks.push_back(std::move(effect));
    }
  }

  /// A draft that is judged knows nothing of its execution, whichever way executed it.
  static void drop_what_results_show(ForkEffect& effect) {
    std::erase_if(effect.signals, [](const auto& signal) {
      const SignalDefinition* definition = find_signal(signal.first);
      return definition == nullptr || definition->known == Moment::result || definition->of_tests;
    });
  }

  /// A tree's trials share calls, and forks add some: each call is paid once.
  void add_spend(const Run& run, const std::string& config) {
    Picodollars& spent = found_.log.spent ? *found_.log.spent : found_.log.spent.emplace(0);
    for (const auto& call : reader_.billed_calls(run.id)) {
      if (call.config != config || call.shared || call.free) continue;
      if (!selection_.book) {
        spent += call.cost_pusd.value_or(0);
      } else if (!call.unknowable) {
        const auto cost = selection_.book->cost(call.key, call.at, call.tokens);
        spent += cost ? cost->pusd : 0;
      }
    }
  }

  [[nodiscard]] std::map<std::string, double> thresholds_of(const Run& run) const {
    std::map<std::string, double> thresholds;
    for (const auto& progress : reader_.progress(run.id)) {
      if (progress.trial.threshold) thresholds[progress.trial.id] = *progress.trial.threshold;
    }
    return thresholds;
  }

  ExploredRun explored(const TrialSummary& trial, double threshold, const TrialCosts& costs) {
    const auto place = place_of(found_.log.grid, threshold);
    if (!place) {
      throw UserError(
          fmt::format("trial {}: threshold {} is not on the grid", trial.trial, threshold));
    }
    ExploredRun run;
    run.id = trial.trial;
    run.drawn = *place;
    run.task = task_of(trial);
    run.resolved = resolved_of(trial);
    run.cost = costs.of(trial);
    if (!selection_.book && !found_.policy.tree && trial.usd_strong) {
      run.strong_cost = std::llround(*trial.usd_strong * 1e12);
    }
    if (trial.turns) run.turns = static_cast<int>(*trial.turns);
    if (trial.escalated_turns) run.strong_turns = static_cast<int>(*trial.escalated_turns);
    if (found_.policy.tree) {
      // Siblings' requests warm the service's cache for each other, which no run of its own has.
      run.cost = selection_.book ? costs.of(trial) : trial.cold.whole();
      if (trial.error_class == kCannotPartClass) {  // bounded, not dropped
        run.resolved = false;
        run.in_doubt = run.bounded = true;
        run.cost.reset();
        run.turns.reset();
        run.strong_turns.reset();
      }
    }
    run.consistent = found_.policy.tree
                         ? ThresholdSet{1} << *place  // the others have trials of their own
                         : agreeing(reader_.decisions(trial.trial), found_.log.grid, trial.trial);
    if (!holds(run.consistent, *place)) {
      throw UserError(fmt::format("trial {}: its decisions are not those of its own threshold {}",
                                  trial.trial, threshold));
    }
    return run;
  }

  std::size_t task_of(const TrialSummary& trial) {
    const auto [task, fresh] =
        tasks_.emplace(trial.suite + "/" + trial.task, found_.log.tasks.size());
    if (fresh) found_.log.tasks.push_back(trial.task);
    return task->second;
  }

  const Reader& reader_;
  const RunSelection& selection_;
  RunLog found_;
  std::map<std::string, std::size_t> tasks_;
  std::map<std::string, std::string> plain_tiers_;  ///< by config
};

}  // namespace

std::set<std::string> formats_of(const Reader& reader, const Run& run) {
  std::set<std::string> formats;
  const Rows rows =
      reader.query(fmt::format("SELECT DISTINCT format FROM task WHERE run = '{}'", run.id));
  for (const auto& row : rows.rows) formats.insert(row.at(0).value_or(""));
  return formats;
}

std::string limits_of(const Run& run) {
  return json::parse(run.facts).value("limits", json()).dump();
}

std::optional<bool> resolved_of(const TrialSummary& trial) {
  if (is_missing(trial.outcome)) return {};
  return trial.outcome == Outcome::resolved;
}

std::optional<Picodollars> TrialCosts::of(const TrialSummary& trial) const {
  if (!repriced) return trial.cost_pusd;
  const auto found = repriced->find(trial.trial);
  return found == repriced->end() ? std::optional<Picodollars>(0) : found->second;
}

TrialCosts costs_of(const Reader& reader, const RunSelection& selection, const Run& run) {
  if (!selection.book) return {};
  return {trial_costs(reader, run.id, *selection.book)};
}

void check_alike(const std::vector<Arm>& arms, bool repriced) {
  for (const auto& arm : arms) {
    const bool alike =
        arm.config.policy_sha256 == arms.front().config.policy_sha256 &&
        arm.config.agent_sha256 == arms.front().config.agent_sha256 &&
        arm.config.tiers == arms.front().config.tiers &&
        limits_of(arm.run) == limits_of(arms.front().run) &&
        (repriced || arm.run.price_book_sha256 == arms.front().run.price_book_sha256);
    if (alike) continue;
    throw UserError(
        fmt::format("runs {} and {} differ in policy, agent, models, limits or prices (--prices "
                    "gives them the same): they are not one log",
                    arms.front().run.id.substr(0, 12), arm.run.id.substr(0, 12)));
  }
}

std::optional<std::string> exploring_config(const Reader& reader, const Run& run,
                                            const std::string& named) {
  std::vector<std::string> names;
  std::vector<std::string> all;
  for (const auto& config : reader.configs(run.id)) {
    all.push_back(config.config);
    if (!named.empty() && config.config != named) continue;
    if (!named.empty()) check_external(config);
    if (explores(config)) names.push_back(config.config);
  }
  if (names.size() > 1) {
    throw UserError(fmt::format("run {} has several exploring configs: name one with --config: {}",
                                run.id.substr(0, 12), fmt::join(names, ", ")));
  }
  if (!named.empty() && std::find(all.begin(), all.end(), named) == all.end()) {
    throw UserError(fmt::format("run {} has no config \"{}\"; it has: {}", run.id.substr(0, 12),
                                named, fmt::join(all, ", ")));
  }
  if (names.empty()) return {};
  return names.front();
}

RunLog read_run_log(const Reader& reader, const RunSelection& selection) {
  RunLogReader log(reader, selection);
  for (const Run& run : selection.runs) log.add(run);
  return log.take();
}

std::map<std::string, std::optional<Picodollars>> trial_costs(const Reader& reader,
                                                              const std::string& run,
                                                              const PriceBook& book) {
  std::map<std::string, Spend> spends;
  for (const auto& call : reader.billed_calls(run)) {
    if (!call.counted) continue;
    if (call.free) continue;
    std::optional<Picodollars> part;
    if (!call.unknowable) {
      if (const auto cost = book.cost(call.key, call.at, call.tokens)) part = cost->pusd;
    }
    spends[call.trial].add(part);
  }
  std::map<std::string, std::optional<Picodollars>> costs;
  for (const auto& [trial, spend] : spends) costs[trial] = spend.whole();
  return costs;
}

}  // namespace weir
