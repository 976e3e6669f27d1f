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

constexpr int kFewDiscordant = 10;
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

std::vector<double> differences_of(const PairedComparison& pair) {
  std::vector<double> differences;
  for (const auto& each : pair.pairs) differences.push_back(each.difference());
  return differences;
}

/// One-sided limits of the difference, each at alpha: exact where few pairs differ.
void limits(GateResult& result, const PairedComparison& pair, double alpha) {
  const double level = 1 - 2 * alpha;
  const int discordant = pair.base_only + pair.fresh_only;
  Interval interval;
  if (discordant < kFewDiscordant) {
    interval = pair.single ? paired_exact(pair.base_only, pair.fresh_only, pair.tasks, level)
                           : paired_betting(differences_of(pair), pair.seed, level);
    result.method = "exact";
  } else if (pair.single) {
    interval = tango(pair.base_only, pair.fresh_only, pair.tasks, level);
    result.method = "Tango";
  } else {
    const double half = t_quantile(1 - alpha, pair.tasks - 1) * pair.sd /
                        std::sqrt(static_cast<double>(pair.tasks));
    interval = {pair.diff - half, pair.diff + half};
    result.method = "Student's t over tasks";
  }
  result.lower = interval.low;
  result.upper = interval.high;
}

GateResult first_look(const PairedComparison& pair, const GateRules& rules) {
  refuse_unlike(pair);
  GateResult result;
  result.base = pair.base;
  result.fresh = pair.fresh;
  result.tasks = pair.tasks;
  result.diff = pair.diff;
  limits(result, pair, rules.alpha);
  if (pair.tasks >= 2) {
    // No spread seen is no proof of none: as if one more pair had differed.
    const double least = std::sqrt(1.0 / pair.tasks);
    result.tasks_needed =
        noninferiority_sample_size(std::max(pair.sd, least), rules.margin, rules.alpha, 0.8);
  }
  return result;
}

std::string too_little(const GateResult& result, const GateRules& rules) {
  return fmt::format(
      "{} on {} tasks; its lower limit {} is not above {}, and no regression is shown; about {} "
      "tasks would pass with power 0.8 if nothing differs",
      points(result.diff), result.tasks, points(result.lower), points(-rules.margin),
      result.tasks_needed ? std::to_string(*result.tasks_needed) : "an unknown number of");
}

std::string shown_to_pass(const GateResult& result, const GateRules& rules) {
  return fmt::format("{} on {} tasks; its lower limit {} is above {}", points(result.diff),
                     result.tasks, points(result.lower), points(-rules.margin));
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
  if (result.lower > -rules.margin) {
    result.verdict = GateVerdict::passed;
    result.reason = shown_to_pass(result, rules);
  } else if (result.upper < 0) {
    result.verdict = GateVerdict::regression;
    result.reason = fmt::format("{} on {} tasks; its upper limit {} is below 0",
                                points(result.diff), result.tasks, points(result.upper));
  } else {
    result.reason = too_little(result, rules);
  }
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
  if (pair.tasks >= kFewTasks && watch.log_evidence() >= enough_evidence(streams, rules.alpha) &&
      result.recent < 0) {
    result.verdict = GateVerdict::regression;
    result.reason = fmt::format(
        "a decline since the baseline was pinned: evidence {:.3g}, {:.3g} is enough; {} over the "
        "last {} nights",
        result.evidence, result.enough, points(result.recent), std::min(7, result.nights));
  } else if (result.lower > -rules.margin) {
    result.verdict = GateVerdict::passed;
    result.reason = shown_to_pass(result, rules);
  } else {
    result.reason = too_little(result, rules);
  }
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
  GateVerdict verdict = GateVerdict::passed;
  for (const auto& result : results) {
    if (result.verdict == GateVerdict::regression) return GateVerdict::regression;
    if (result.verdict == GateVerdict::inconclusive) verdict = GateVerdict::inconclusive;
  }
  return verdict;
}

}  // namespace weir
