#include "results/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/statistics/distributions.hpp"
#include "results/statistics/paired.hpp"
#include "results/statistics/power.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr int kFewTasks = 30;  // the evidence of nights is a normal approximation

std::string points(double share) {
  return fmt::format("{:+.1f} points", share * 100);
}

void refuse_unlike(const PairedComparison& pair) {
  for (const auto& difference : pair.differences) {
    if (!difference.forbids_gate) continue;
    throw UserError(fmt::format(
        "the gate refuses {} against {}: their {} differ ({} against {}); run both alike, or pin a "
        "new baseline with `weir baseline pin`",
        pair.fresh, pair.base, difference.what, difference.fresh, difference.base));
  }
}

/// Whether `n` tasks with as many differing as were seen, as often one way as the other,
/// would pass by the method that judges few of them.
bool few_would_pass(const PairedComparison& pair, const GateRules& rules, int n, int discordant) {
  const double level = 1 - 2 * rules.alpha;
  const int base_only = discordant - discordant / 2;
  if (pair.single) return paired_exact(base_only, discordant / 2, n, level).low > -rules.margin;
  const double size = std::max(pair.sd, 1.0 / pair.tasks) *
                      std::sqrt(static_cast<double>(pair.tasks) / std::max(1, discordant));
  std::vector<double> differences(static_cast<std::size_t>(n), 0.0);
  for (int i = 0; i < discordant; ++i) {
    differences[static_cast<std::size_t>(i)] = std::min(1.0, size) * (i % 2 == 0 ? -1 : 1);
  }
  return paired_betting(differences, level).low > -rules.margin;
}

/// Tasks with which a night like this passes with power 0.8 if nothing differs: by the
/// normal formula, with one more task that differs than was seen; where few differ, by
/// the method that then judges.
int tasks_needed(const PairedComparison& pair, const GateRules& rules) {
  const double moment = (pair.sd * pair.sd * pair.tasks + 1) / pair.tasks;
  int n = std::max(noninferiority_sample_size(std::sqrt(moment), rules.margin, rules.alpha, 0.8),
                   pair.tasks + 1);
  const double share = (pair.base_only + pair.fresh_only + 1.0) / pair.tasks;
  for (; n < 1'000'000; n += 1 + n / 25) {
    const int discordant = static_cast<int>(std::ceil(share * n));
    if (discordant >= kFewDiscordant || few_would_pass(pair, rules, n, discordant)) break;
  }
  return n;
}

GateResult first_look(const PairedComparison& pair, const GateRules& rules) {
  refuse_unlike(pair);
  GateResult result;
  result.base = pair.base;
  result.fresh = pair.fresh;
  result.tasks = pair.tasks;
  result.diff = pair.diff;
  const RateInterval limits = rate_interval(pair, 1 - 2 * rules.alpha);
  result.lower = limits.interval.low;
  result.upper = limits.interval.high;
  result.method = limits.method;
  result.tasks_needed = tasks_needed(pair, rules);
  result.left_out = pair.left_out;
  result.quarantined = pair.quarantined;
  result.missing = pair.missing;
  result.differences = pair.differences;
  return result;
}

std::string too_little(const GateResult& result, const GateRules& rules) {
  return fmt::format(
      "{} on {} tasks; its lower limit {} is not above {}, and no regression is shown; about {} "
      "tasks would pass with power 0.8 if nothing differs",
      points(result.diff), result.tasks, points(result.lower), points(-rules.margin),
      result.tasks_needed ? std::to_string(*result.tasks_needed) : "an unknown number of");
}

/// Errors that hit the new arm more often than the base, and could hide a loss beyond
/// the margin, leave nothing to pass.
bool missing_data_could_hide(const GateResult& result, const GateRules& rules) {
  const MissingData& missing = result.missing;
  const bool more = static_cast<double>(missing.fresh) * missing.base_trials >
                    static_cast<double>(missing.base) * missing.fresh_trials;
  return more && missing.p < 0.05 && missing.worst.low < -rules.margin;
}

std::string shown_to_pass(const GateResult& result, const GateRules& rules) {
  return fmt::format("{} on {} tasks; its lower limit {} is above {}", points(result.diff),
                     result.tasks, points(result.lower), points(-rules.margin));
}

void pass_or_ask(GateResult& result, const GateRules& rules) {
  if (result.lower <= -rules.margin) {
    result.reason = too_little(result, rules);
  } else if (missing_data_could_hide(result, rules)) {
    result.reason = fmt::format(
        "{}, but {} of {} trials are missing, more than in {} ({} of {}), and could hide a loss of "
        "{}; "
        "`weir resume RUN --retry provider_error,infra_error`",
        shown_to_pass(result, rules), result.missing.fresh, result.missing.fresh_trials,
        result.base, result.missing.base, result.missing.base_trials,
        points(result.missing.worst.low));
  } else {
    result.verdict = GateVerdict::passed;
    result.reason = shown_to_pass(result, rules);
  }
}

/// For few tasks, one exact look: its share of alpha falls with the nights, so that all
/// of them and all streams together hold it.
bool lost_at_once(const PairedComparison& pair, const GateRules& rules, int night, int streams) {
  const double share = rules.alpha / streams / (static_cast<double>(night) * (night + 1));
  const Interval limits =
      pair.single ? paired_exact(pair.base_only, pair.fresh_only, pair.tasks, 1 - 2 * share)
                  : paired_betting(pair.difference_values(), 1 - 2 * share);
  return limits.high < 0;
}

}  // namespace

std::string_view name_of(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::passed:
      return "passed";
    case GateVerdict::regression:
      return "regression";
    case GateVerdict::inconclusive:
      return "inconclusive";
  }
  return "";
}

GateResult gate(const PairedComparison& pair, const GateRules& rules) {
  GateResult result = first_look(pair, rules);
  if (result.upper < 0 && result.lower <= -rules.margin) {
    result.verdict = GateVerdict::regression;
    result.reason = fmt::format("{} on {} tasks; its upper limit {} is below 0",
                                points(result.diff), result.tasks, points(result.upper));
  } else {
    pass_or_ask(result, rules);
  }
  if (result.verdict != GateVerdict::inconclusive) result.tasks_needed.reset();
  return result;
}

GateResult gate_watched(const PairedComparison& pair, const GateRules& rules,
                        const std::vector<NightLook>& looks, int streams) {
  GateResult result = first_look(pair, rules);
  DeclineWatch watch;
  for (const auto& look : looks) watch.add(look);
  result.watched = true;
  result.nights = watch.nights();
  result.recent = watch.recent();
  result.evidence = std::exp(std::min(700.0, watch.log_evidence()));
  result.enough = std::exp(enough_evidence(streams, rules.alpha));
  const bool few = pair.tasks < kFewTasks;
  if (few && lost_at_once(pair, rules, std::max(1, watch.nights()), streams)) {
    result.verdict = GateVerdict::regression;
    result.reason = fmt::format("{} on {} tasks, too many for chance in night {} of {} streams",
                                points(result.diff), result.tasks, watch.nights(), streams);
  } else if (!few && watch.log_evidence() >= enough_evidence(streams, rules.alpha) &&
             result.recent < 0) {
    result.verdict = GateVerdict::regression;
    result.reason = fmt::format(
        "a decline since the baseline was pinned: evidence {:.3g}, {:.3g} is enough; {} over the "
        "last {} nights",
        result.evidence, result.enough, points(result.recent), std::min(7, result.nights));
  } else {
    pass_or_ask(result, rules);
  }
  if (result.verdict != GateVerdict::inconclusive) result.tasks_needed.reset();
  return result;
}

NightLook look_of(const PairedComparison& pair) {
  NightLook look;
  look.tasks = pair.tasks;
  look.diff = pair.diff;
  const double tasks = static_cast<double>(pair.tasks) * pair.tasks;
  for (const auto& each : pair.pairs) {
    const double off = each.difference() - pair.diff;
    look.squares += off * off;
    look.night_unit += 1.0 / each.fresh.trials / tasks;
    look.anchor_unit += 1.0 / each.base.trials / tasks;
  }
  return look;
}

GateVerdict worst(const std::vector<GateResult>& results) {
  GateVerdict verdict = results.empty() ? GateVerdict::inconclusive : GateVerdict::passed;
  for (const auto& result : results) {
    if (result.verdict == GateVerdict::regression) return GateVerdict::regression;
    if (result.verdict == GateVerdict::inconclusive) verdict = GateVerdict::inconclusive;
  }
  return verdict;
}

}  // namespace weir
