#include "results/hindsight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace weir {
namespace {

/// Outcomes of one hypothetical arm.
struct Tally {
  std::map<std::string, TaskOutcomes> tasks;
  Spend spend;
  int trials = 0;

  void add(const std::string& task, bool resolved, const Spend& cost) {
    TaskOutcomes& outcomes = tasks[task];
    ++outcomes.trials;
    outcomes.resolved += resolved ? 1 : 0;
    spend.add(cost);
    ++trials;
  }
  [[nodiscard]] Hindsight named(std::string name, std::string meaning) const {
    std::vector<TaskOutcomes> outcomes;
    for (const auto& [unused, each] : tasks) outcomes.push_back(each);
    Hindsight result;
    result.name = std::move(name);
    result.meaning = std::move(meaning);
    result.resolved = clustered_rate(outcomes);
    if (spend.whole() && trials > 0) {
      result.usd_per_trial = static_cast<double>(*spend.whole()) / 1e12 / trials;
    }
    return result;
  }
};

/// Trials with an outcome, by task and attempt.
using ByAttempt = std::map<std::string, std::map<int, const TrialSummary*>>;

ByAttempt by_attempt(const Arm& arm) {
  ByAttempt trials;
  for (const auto& trial : arm.trials) {
    if (!is_missing(trial.outcome)) trials[trial.task][trial.attempt] = &trial;
  }
  return trials;
}

Spend cost_of(const TrialSummary& trial) {
  Spend spend;
  spend.add(trial.cost_pusd);
  return spend;
}

bool resolved(const TrialSummary& trial) {
  return trial.outcome == Outcome::resolved;
}

void pair_up(const Arm& base, const Arm& strong, Tally& verifier, Tally& oracle) {
  const ByAttempt others = by_attempt(strong);
  for (const auto& [task, attempts] : by_attempt(base)) {
    const auto same = others.find(task);
    if (same == others.end() || base.tasks.at(task) != strong.tasks.at(task)) continue;
    for (const auto& [attempt, trial] : attempts) {
      const auto other = same->second.find(attempt);
      if (other == same->second.end()) continue;
      const TrialSummary& cheap = *trial;
      const TrialSummary& dear = *other->second;
      Spend both = cost_of(cheap);
      if (!resolved(cheap)) both.add(cost_of(dear));
      verifier.add(task, resolved(cheap) || resolved(dear), both);
      const bool up = !resolved(cheap) && resolved(dear);
      oracle.add(task, resolved(cheap) || up, cost_of(up ? dear : cheap));
    }
  }
}

/// `k` attempts, in order, until one resolves.
Hindsight repeated(const Arm& arm, const ByAttempt& trials, std::size_t k) {
  Tally tally;
  int left_out = 0;
  for (const auto& [task, attempts] : trials) {
    if (attempts.size() < k) {  // fewer would be another arm
      ++left_out;
      continue;
    }
    Spend spend;
    bool done = false;
    std::size_t used = 0;
    for (const auto& [unused, trial] : attempts) {
      if (done || used++ == k) break;
      spend.add(cost_of(*trial));
      done = resolved(*trial);
    }
    tally.add(task, done, spend);
  }
  Hindsight row = tally.named(fmt::format("{} x {}", arm.label, k),
                              fmt::format("up to {} attempts, until one resolves", k));
  row.left_out = left_out;
  return row;
}

/// Attempts of either arm that have no partner with an outcome.
int unpaired(const Arm& base, const Arm& strong, int pairs) {
  const auto most = std::max(base.trials.size(), strong.trials.size());
  return static_cast<int>(most) - pairs;
}

}  // namespace

std::vector<Hindsight> hindsight(const Arm& base, const Arm& strong) {
  Tally verifier;
  Tally oracle;
  pair_up(base, strong, verifier, oracle);
  std::vector<Hindsight> rows;
  if (verifier.trials > 0) {
    rows.push_back(verifier.named(
        "perfect_verifier",
        fmt::format("{}, then {} from scratch where it failed", base.label, strong.label)));
    rows.push_back(oracle.named(
        "oracle_router",
        fmt::format("{} only where it resolves and {} does not", strong.label, base.label)));
    for (auto& row : rows) row.left_out = unpaired(base, strong, verifier.trials);
  }
  for (const Arm* arm : {&base, &strong}) {
    const ByAttempt trials = by_attempt(*arm);
    std::size_t most = 0;
    for (const auto& [unused, attempts] : trials) most = std::max(most, attempts.size());
    for (std::size_t k = 2; k <= most; ++k) rows.push_back(repeated(*arm, trials, k));
  }
  return rows;
}

}  // namespace weir
