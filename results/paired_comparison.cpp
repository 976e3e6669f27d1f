#include "results/paired_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "results/statistics/bootstrap.hpp"
#include "results/statistics/distributions.hpp"
#include "results/statistics/paired.hpp"
#include "results/statistics/power.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr double kPower = 0.8;

using Sums = ClusterBootstrap::Sums;

/// What is measured of a task's trials besides their outcomes: sums, unknown if a part is.
struct Measure {
  MeasuredDifference PairedComparison::*result;
  std::optional<double> (*of)(const TaskTally&);
};

template <typename T>
std::optional<double> scaled(const std::optional<T>& value, double scale) {
  if (!value) return {};
  return static_cast<double>(*value) * scale;
}

const std::array<Measure, 5>& measures() {
  static const std::array<Measure, 5> all = {{
      {&PairedComparison::usd, [](const TaskTally& t) { return scaled(t.cost_pusd, 1e-12); }},
      {&PairedComparison::turns, [](const TaskTally& t) { return scaled(t.turns, 1); }},
      {&PairedComparison::tokens, [](const TaskTally& t) { return scaled(t.tokens, 1); }},
      {&PairedComparison::model_seconds,
       [](const TaskTally& t) { return scaled(t.model_ms, 1e-3); }},
      {&PairedComparison::box_seconds, [](const TaskTally& t) { return scaled(t.box_ms, 1e-3); }},
  }};
  return all;
}

/// Columns of the bootstrap's sums: the number of tasks, both rates, their difference and
/// its square, then a pair per measure. All are means per trial, so that a task counts once in both
/// arms.
constexpr std::size_t kBaseRate = 1, kFreshRate = 2, kDifference = 3, kBaseUsd = 5, kFreshUsd = 6;
constexpr std::size_t column_of(std::size_t measure) {
  return 5 + 2 * measure;
}

std::optional<double> ratio(double part, double whole) {
  if (whole <= 0) return {};
  return part / whole;
}

void count_pairs(PairedComparison& result) {
  result.single = true;
  for (const auto& pair : result.pairs) {
    result.base_trials += pair.base.trials;
    result.fresh_trials += pair.fresh.trials;
    if (pair.base.trials != 1 || pair.fresh.trials != 1) result.single = false;
    if (pair.difference() < 0) ++result.base_only;
    if (pair.difference() > 0) ++result.fresh_only;
  }
}

/// The interval at `level`; `bootstrap` holds the differences in `column`, their squares
/// after it.
RateInterval limits_of(const PairedComparison& pair, double level,
                       const ClusterBootstrap& bootstrap, std::size_t column) {
  const bool few = pair.base_only + pair.fresh_only < kFewDiscordant;
  if (pair.single && few) {
    return {paired_exact(pair.base_only, pair.fresh_only, pair.tasks, level),
            "exact, two Clopper-Pearson limits"};
  }
  if (pair.single) return {tango(pair.base_only, pair.fresh_only, pair.tasks, level), "Tango"};
  if (!few) {
    if (const auto limits = bootstrap.studentized_mean(column, level)) {
      return {{std::max(-1.0, limits->low), std::min(1.0, limits->high)}, "bootstrap-t over tasks"};
    }
  }
  return {paired_betting(pair.difference_values(), level), "finite-sample, betting on tasks"};
}

/// Exchangeable labels where the arms have other numbers of trials, else signs.
void test_repeats(PairedComparison& result) {
  std::vector<TaskCounts> counts;
  bool equal = true;
  for (const auto& pair : result.pairs) {
    counts.push_back(
        {pair.base.resolved, pair.base.trials, pair.fresh.resolved, pair.fresh.trials});
    equal = equal && pair.base.trials == pair.fresh.trials;
  }
  result.p = equal ? sign_flip(result.difference_values(), result.seed)
                   : within_task_permutation(counts, result.seed);
  result.p_method = equal ? "sign flips of tasks" : "permutation within tasks";
}

/// Interval and p-value of the difference of rates.
void judge_rates(PairedComparison& result, const ClusterBootstrap& bootstrap) {
  std::vector<double> base;
  std::vector<double> fresh;
  for (const auto& pair : result.pairs) {
    base.push_back(pair.base.rate());
    fresh.push_back(pair.fresh.rate());
  }
  const PairedDifference d = paired_difference(fresh, base, result.level);
  result.diff = d.diff;
  result.sd = d.se * std::sqrt(static_cast<double>(result.tasks));
  const RateInterval limits = limits_of(result, result.level, bootstrap, kDifference);
  result.interval = limits.interval;
  result.interval_method = limits.method;
  if (!result.single) {
    test_repeats(result);
    return;
  }
  const bool few = result.base_only + result.fresh_only < kFewDiscordant;
  result.p = few ? mcnemar_exact(result.base_only, result.fresh_only)
                 : mcnemar_midp(result.base_only, result.fresh_only);
  result.p_method = few ? "McNemar exact" : "McNemar mid-p";
}

ClusterBootstrap resampled(const PairedComparison& result, const PairingOptions& options,
                           std::array<bool, 5>& known) {
  std::vector<std::vector<double>> rows;
  for (const auto& pair : result.pairs) {
    auto& row = rows.emplace_back(std::vector<double>{pair.base.rate(), pair.fresh.rate(),
                                                      pair.difference(),
                                                      pair.difference() * pair.difference()});
    for (std::size_t m = 0; m < measures().size(); ++m) {
      const auto base = measures()[m].of(pair.base);
      const auto fresh = measures()[m].of(pair.fresh);
      known[m] = known[m] && base && fresh;  // unknown plus anything is unknown
      row.push_back(base.value_or(0) / pair.base.trials);
      row.push_back(fresh.value_or(0) / pair.fresh.trials);
    }
  }
  return {rows, options.resamples, options.seed};
}

void judge_costs(PairedComparison& result, const ClusterBootstrap& bootstrap, double level) {
  const auto cost_ratio = [](Sums s) { return ratio(s[kFreshUsd], s[kBaseUsd]); };
  const auto base_price = [](Sums s) { return ratio(s[kBaseUsd], s[kBaseRate]); };
  const auto fresh_price = [](Sums s) { return ratio(s[kFreshUsd], s[kFreshRate]); };
  const auto price_diff = [&](Sums s) -> std::optional<double> {
    const auto base = base_price(s);
    const auto fresh = fresh_price(s);
    if (!base || !fresh) return {};
    return *fresh - *base;
  };
  result.cost_ratio = bootstrap.value(cost_ratio);
  result.cost_ratio_interval = bootstrap.bca(cost_ratio, level);
  result.usd_per_resolved_base = bootstrap.value(base_price);
  result.usd_per_resolved_fresh = bootstrap.value(fresh_price);
  result.usd_per_resolved_diff = bootstrap.bca(price_diff, level);
}

/// Everything without a bound.
void judge_measures(PairedComparison& result, const ClusterBootstrap& bootstrap,
                    const std::array<bool, 5>& known, double level) {
  for (std::size_t m = 0; m < measures().size(); ++m) {
    if (!known[m]) continue;
    const std::size_t at = column_of(m);
    MeasuredDifference& measured = result.*measures()[m].result;
    measured.base = bootstrap.value([at](Sums s) { return std::optional(s[at] / s[0]); });
    measured.fresh = bootstrap.value([at](Sums s) { return std::optional(s[at + 1] / s[0]); });
    const auto diff = [at](Sums s) { return std::optional((s[at + 1] - s[at]) / s[0]); };
    measured.diff = bootstrap.value(diff);
    measured.interval = bootstrap.bca(diff, level);
  }
  if (known[0]) judge_costs(result, bootstrap, level);
}

/// Over all common tasks: what the difference could be if every missing trial of one
/// arm were resolved and every one of the other not.
MissingData missing_data(const std::vector<TaskPair>& common) {
  MissingData m;
  double low = 0;
  double high = 0;
  int tasks = 0;
  for (const auto& pair : common) {
    const int base = pair.base.trials + pair.base.missing;
    const int fresh = pair.fresh.trials + pair.fresh.missing;
    m.base += pair.base.missing;
    m.fresh += pair.fresh.missing;
    m.base_trials += base;
    m.fresh_trials += fresh;
    if (base == 0 || fresh == 0) continue;
    ++tasks;
    low +=
        double(pair.fresh.resolved) / fresh - double(pair.base.resolved + pair.base.missing) / base;
    high += double(pair.fresh.resolved + pair.fresh.missing) / fresh -
            double(pair.base.resolved) / base;
  }
  if (tasks > 0) m.worst = {low / tasks, high / tasks};
  m.p = fisher_exact(m.base, m.base_trials, m.fresh, m.fresh_trials);
  return m;
}

const TrialSummary* example(const Arm& arm, const std::string& task, bool resolved, int attempt) {
  const TrialSummary* found = nullptr;
  for (const auto& trial : arm.trials) {
    if (trial.task != task || is_missing(trial.outcome)) continue;
    if ((trial.outcome == Outcome::resolved) != resolved) continue;
    if (found == nullptr || trial.attempt == attempt) found = &trial;
  }
  return found;
}

std::vector<Flip> flips_of(const std::vector<TaskPair>& pairs, const Arm& base, const Arm& fresh) {
  std::vector<Flip> flips;
  for (const auto& pair : pairs) {
    const bool before = 2 * pair.base.resolved > pair.base.trials;
    const bool after = 2 * pair.fresh.resolved > pair.fresh.trials;
    if (before == after) continue;
    Flip flip;
    flip.task = pair.task;
    flip.gained = after;
    flip.base_resolved = pair.base.resolved;
    flip.base_trials = pair.base.trials;
    flip.fresh_resolved = pair.fresh.resolved;
    flip.fresh_trials = pair.fresh.trials;
    if (const auto* one = example(base, pair.task, before, 1)) {
      flip.base_trial = one->trial;
      const auto* other = example(fresh, pair.task, after, one->attempt);
      if (other != nullptr) flip.fresh_trial = other->trial;
    }
    flips.push_back(std::move(flip));
  }
  return flips;
}

void require_pairs(const PairedComparison& result, const Arm& base, const Arm& fresh,
                   std::size_t common) {
  if (result.tasks > 0) return;
  const auto changed = changed_tasks(base, fresh);
  if (!changed.empty() && common == 0) {
    throw UserError(fmt::format(
        "{} and {} cannot be paired: the content of all {} tasks they share has changed ({}, ...)",
        base.label, fresh.label, changed.size(), changed.front()));
  }
  if (common == 0) {
    throw UserError(
        fmt::format("{} and {} cannot be paired: they share no task; `weir tasks list` "
                    "shows a suite's, `weir show RUN` a run's",
                    base.label, fresh.label));
  }
  if (result.quarantined == static_cast<int>(common)) {
    throw UserError(fmt::format("{} and {} cannot be paired: all {} common tasks are quarantined",
                                base.label, fresh.label, common));
  }
  const std::string among =
      result.quarantined > 0 ? fmt::format(" ({} of them quarantined)", result.quarantined) : "";
  throw UserError(fmt::format(
      "{} and {} cannot be paired: of {} common tasks{} none has an outcome in both; `weir resume "
      "RUN --retry provider_error,infra_error` finishes a run",
      base.label, fresh.label, common, among));
}

}  // namespace

std::vector<double> PairedComparison::difference_values() const {
  std::vector<double> values;
  for (const auto& pair : pairs) values.push_back(pair.difference());
  return values;
}

RateInterval rate_interval(const PairedComparison& pair, double level) {
  std::vector<std::vector<double>> rows;
  for (const double d : pair.difference_values()) rows.push_back({d, d * d});
  const bool resampled = !pair.single && pair.base_only + pair.fresh_only >= kFewDiscordant;
  return limits_of(pair, level, ClusterBootstrap(rows, resampled ? 10'000 : 0, pair.seed), 1);
}

PairedComparison compare_arms(const Arm& base, const Arm& fresh, const PairingOptions& options) {
  PairedComparison result;
  result.base = base.label;
  result.fresh = fresh.label;
  result.simulated = base.run.simulated || fresh.run.simulated;
  result.level = options.level;
  result.seed = options.seed;
  const std::vector<TaskPair> common = pair_tasks(base, fresh);
  for (const auto& pair : common) {
    if (options.quarantined.count(pair.task) != 0) {
      ++result.quarantined;
    } else if (pair.comparable()) {
      result.pairs.push_back(pair);
    } else {
      ++result.left_out;
    }
  }
  result.tasks = static_cast<int>(result.pairs.size());
  require_pairs(result, base, fresh, common.size());
  count_pairs(result);
  for (const auto& pair : result.pairs) {
    result.base_rate += pair.base.rate() / result.tasks;
    result.fresh_rate += pair.fresh.rate() / result.tasks;
  }
  std::array<bool, 5> known;
  known.fill(true);
  const ClusterBootstrap bootstrap = resampled(result, options, known);
  judge_rates(result, bootstrap);
  const double second = result.sd * result.sd + result.diff * result.diff;
  result.minimum_detectable =
      detectable_difference(second, result.single, result.tasks, 1 - options.level, kPower);
  judge_measures(result, bootstrap, known, options.level);
  std::vector<TaskPair> judged;
  std::copy_if(common.begin(), common.end(), std::back_inserter(judged),
               [&](const TaskPair& pair) { return options.quarantined.count(pair.task) == 0; });
  result.missing = missing_data(judged);
  result.flips = flips_of(result.pairs, base, fresh);
  result.differences = differences(base, fresh);
  return result;
}

}  // namespace weir
