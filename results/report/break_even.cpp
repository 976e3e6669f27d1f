// Economics of routing: when a cascade is cheaper than its strong tier, under any prices;
// published claims beside what was measured; short tasks as a stratum of their own.

#include "results/break_even.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "results/arm_role.hpp"
#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

constexpr std::array<int, 4> kLengths = {10, 50, 150, 300};
/// A task that the base tier alone ends in so few turns counts as a short one.
constexpr int kShort = 5;

/// A cascade with what its money depends on.
struct Routed {
  const Arm* arm;
  TrajectoryShape shape;
  SwitchPattern pattern;
};

/// Strong turns that a trial did not begin with, over its turns.
SwitchPattern pattern_of(const Arm& arm) {
  const RouteSums& sums = arm.routes;
  std::int64_t turns = 0;
  for (const auto& tier : sums.tiers) turns += tier.turns;
  const EscalationSums& e = sums.escalations;
  SwitchPattern pattern;
  pattern.stay = role_of(arm.config).stay;
  pattern.share = static_cast<double>(sums.tiers.back().turns) / static_cast<double>(turns);
  pattern.redrafted = static_cast<double>(e.redone) / static_cast<double>(e.up);
  return pattern;
}

/// Cascades of two tiers that go up in the midst of trials: what the model is of.
std::vector<Routed> cascades(const RunReport& report) {
  std::vector<Routed> routed;
  for (const auto& arm : report.arms) {
    const ArmRole role = role_of(arm.config);
    auto shape = shape_of(arm.routes);
    const EscalationSums& e = arm.routes.escalations;
    if (role.kind != ArmKind::cascade || !shape || e.up == 0 || e.began_strong > 0) continue;
    const Arm* strong = plain_arm(report.arms, role.tiers.back());
    if (strong != nullptr && !strong->routes.tiers.empty()) {
      const TierSums& tier = strong->routes.tiers.front();
      if (tier.reread > 0) {
        shape->alone_survival =
            static_cast<double>(tier.reread_hit) / static_cast<double>(tier.reread);
      }
    }
    routed.push_back({&arm, *shape, pattern_of(arm)});
  }
  return routed;
}

std::optional<TierRates> rates_of(const Arm& arm, const PriceBook& book) {
  const TierSums& base = arm.routes.tiers.front();
  const TierSums& strong = arm.routes.tiers.back();
  const TimePoint at = std::max(base.at, strong.at);  // one moment, one tariff
  const auto cheap = book.rates(base.key, at);
  const auto dear = book.rates(strong.key, at);
  if (!cheap || !dear) return {};
  return TierRates{cheap->first, dear->first};
}

std::optional<double> ratio(const std::optional<Picodollars>& dear,
                            const std::optional<Picodollars>& cheap) {
  if (!dear || !cheap || *cheap == 0) return {};
  return static_cast<double>(*dear) / static_cast<double>(*cheap);
}

Cell times(const std::optional<double>& value) {
  return value ? Cell{fmt::format("{:.3g}x", *value), *value} : Cell::unknown();
}

/// Views of the book: as the run read it, and each of its scenarios.
std::vector<std::pair<std::string, PriceBook>> views(const PriceBook& book) {
  std::vector<std::pair<std::string, PriceBook>> all = {{"as run", book}};
  for (const auto& scenario : book.scenarios()) {
    all.emplace_back(scenario, book.viewed({.at = {}, .scenario = scenario}));
  }
  return all;
}

Table break_even(const std::vector<Routed>& routed, const PriceBook& book) {
  Table table{{{"config", "config", false},
               {"prices", "prices", false},
               {"strong_cache", "strong cache", false},
               {"cold_turn", "first strong turn"},
               {"warm_turn", "next one"}},
              {}};
  for (const int turns : kLengths) {
    table.columns.push_back(
        {fmt::format("share_{}", turns), fmt::format("even at, {} turns", turns)});
    table.columns.push_back({fmt::format("ratio_{}", turns), fmt::format("cost, {} turns", turns)});
  }
  const std::vector<std::pair<std::string, PriceBook>> all = views(book);
  for (const auto& each : routed) {
    for (const auto& [name, view] : all) {
      const auto rates = rates_of(*each.arm, view);
      if (!rates) continue;
      const double context = each.shape.first_prompt + 49 * each.shape.growth;
      const auto turn = turn_prices(each.shape, *rates, context);
      for (const auto& [word, cache] :
           {std::pair{"as billed", StrongCache::as_billed}, std::pair{"cold", StrongCache::cold},
            std::pair{"warm", StrongCache::warm}}) {
        std::vector<Cell> row = {Cell::of(each.arm->label), Cell::of(name), Cell::of(word),
                                 times(turn ? std::optional(turn->cold_strong) : std::nullopt),
                                 times(turn ? std::optional(turn->warm_strong) : std::nullopt)};
        for (const int turns : kLengths) {
          const auto share = break_even_share(each.shape, *rates, turns, each.pattern, cache);
          const auto cost = trajectory_cost(each.shape, *rates, turns, each.pattern, cache);
          const auto alone = strong_alone_cost(each.shape, *rates, turns, cache);
          row.push_back(share ? share_cell(*share) : Cell::unknown());
          row.push_back(cost && alone && *alone > 0
                            ? Cell{fmt::format("{:.2f}", *cost / *alone), *cost / *alone}
                            : Cell::unknown());
        }
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

std::string shape_line(const Routed& routed) {
  const TrajectoryShape& s = routed.shape;
  return fmt::format(
      "- {}: first prompt {:.0f} tokens, {:.0f} more each turn, answers of {:.0f} and {:.0f} "
      "tokens; {} of turns on the strong tier, {} at a time; of what they had been sent before "
      "the caches held {} and {}, the strong tier's alone {}.",
      routed.arm->label, s.first_prompt, s.growth, s.base_output, s.strong_output,
      percent(routed.pattern.share),
      routed.pattern.stay ? std::to_string(*routed.pattern.stay) : "the rest",
      percent(s.base_survival), percent(s.strong_survival), percent(s.alone_survival));
}

std::string speed_of(const TierSums& tier) {
  if (tier.decoded_ms <= 0) return "unknown";
  return fmt::format("{:.0f}", 1000.0 * static_cast<double>(tier.decoded_output) /
                                   static_cast<double>(tier.decoded_ms));
}

std::string price_ratios(const Arm& arm, const PriceBook& book) {
  std::string line;
  for (const auto& [name, view] : views(book)) {
    const auto rates = rates_of(arm, view);
    if (!rates) continue;
    const auto out = ratio(rates->strong.output, rates->base.output);
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name,
                        out ? fmt::format("{:.1f}x", *out) : "unknown");
  }
  return line.empty() ? "unknown" : line;
}

/// Each published number beside the same quantity of this run.
Table claims(const std::vector<Routed>& routed, const PriceBook& book) {
  Table table{
      {{"config", "config", false}, {"claim", "published", false}, {"measured", "here", false}},
      {}};
  for (const auto& each : routed) {
    const RouteSums& sums = each.arm->routes;
    Spend all;
    Spend strong;
    for (std::size_t tier = 0; tier < sums.tiers.size(); ++tier) {
      all.add(sums.tiers[tier].spend);
      if (tier > 0) strong.add(sums.tiers[tier].spend);
    }
    const bool known = all.whole() && strong.whole() && all.known > 0;
    const std::string spend =
        known ? percent(static_cast<double>(strong.known) / static_cast<double>(all.known))
              : "unknown";
    const auto add = [&](const char* claim, const std::string& here) {
      table.rows.push_back({Cell::of(each.arm->label), Cell::of(claim), Cell::of(here)});
    };
    const double went_up = static_cast<double>(sums.escalations.up) /
                           static_cast<double>(sums.tiers.front().turns + sums.tiers.back().turns);
    add("3 % of turns need the strong model",
        fmt::format("{} of turns went up, {} were on the strong tier", percent(went_up),
                    percent(each.pattern.share)));
    add("5-15 % of spend goes to the strong model", spend + " of spend");
    add("the base model handles 85-95 %", percent(1 - each.pattern.share) + " of turns");
    add("the strong model costs 3x, 12x or 25x (output)", price_ratios(*each.arm, book));
    add("110 (strong) against 220 (base) tokens/s, once they come",
        speed_of(sums.tiers.back()) + " against " + speed_of(sums.tiers.front()));
  }
  return table;
}

/// Tasks by how many turns the base tier alone takes: a property the arms compared do not
/// share in, but for that arm itself.
Table strata(const RunReport& report, const Arm& base) {
  Table table{{{"stratum", "tasks that the base tier ends in", false},
               {"config", "config", false},
               {"tasks", "tasks"},
               {"trials", "trials"},
               {"resolved", "resolved", true, 3},
               {"usd_per_trial", "$ / trial"}},
              {}};
  std::map<std::string, std::pair<double, int>> turns;
  for (const auto& trial : base.trials) {
    if (is_missing(trial.outcome) || !trial.turns) continue;
    turns[trial.task].first += static_cast<double>(*trial.turns);
    ++turns[trial.task].second;
  }
  for (const bool brief : {true, false}) {
    for (const auto& arm : report.arms) {
      if (role_of(arm.config).kind == ArmKind::reference) continue;
      std::map<std::string, TaskOutcomes> tasks;
      Spend spend;
      for (const auto& trial : arm.trials) {
        const auto mean = turns.find(trial.task);
        if (mean == turns.end() || is_missing(trial.outcome)) continue;
        if ((mean->second.first / mean->second.second <= kShort) != brief) continue;
        TaskOutcomes& task = tasks[trial.task];
        ++task.trials;
        task.resolved += trial.outcome == Outcome::resolved ? 1 : 0;
        spend.add(trial.spend);
      }
      if (tasks.empty()) continue;
      std::vector<TaskOutcomes> outcomes;
      for (const auto& [unused, each] : tasks) outcomes.push_back(each);
      const ClusteredRate rate = clustered_rate(outcomes);
      table.rows.push_back({Cell::of(brief ? fmt::format("{} turns or fewer", kShort)
                                           : fmt::format("more than {} turns", kShort)),
                            Cell::of(arm.label), Cell::number(rate.tasks),
                            Cell::number(rate.trials), rate_cell(rate),
                            spend_cell(spend, rate.trials)});
    }
  }
  return table;
}

}  // namespace

void add_break_even(Document& document, const RunReport& report) {
  const auto routed = cascades(report);
  if (!routed.empty() && report.book) {
    Section section{
        "economics-break-even", "Economics: break-even", {break_even(routed, *report.book)}, {}};
    section.notes.emplace_back(
        "Estimates for a mean trajectory of this run under other prices, caches and lengths, by "
        "what its calls sent and got. A strong turn in multiples of a warm base turn at the "
        "context of turn 50, its prefix cold and warm. \"Even at\": the share of turns on strong "
        "tiers up to which the cascade costs less than the strong tier alone; \"cost\": the "
        "cascade's at its own share, over the strong tier's. Strong cache: found as often as in "
        "this run; gone after each absence; nothing lost. Votes and restarts are not in it; "
        "cascades of more than two tiers, and those whose trials begin on the strong one, are "
        "left out.");
    for (const auto& each : routed) section.notes.push_back(shape_line(each));
    document.sections.push_back(std::move(section));
    document.sections.push_back(
        {"economics-claims",
         "Economics: published claims beside this run",
         {claims(routed, *report.book)},
         {"Claims of published overviews of April and May 2026. They are about "
          "other tasks, agents and days: a difference refutes neither."}});
  }
  for (const auto& each : routed) {
    const Arm* base = plain_arm(report.arms, role_of(each.arm->config).tiers.front());
    if (base == nullptr) continue;
    if (Table table = strata(report, *base); !table.rows.empty()) {
      document.sections.push_back(
          {"economics-length",
           "Economics: short and long tasks",
           {std::move(table)},
           {fmt::format(
               "Tasks by the turns {0} takes alone, on average: \"pick by trajectory length\" "
               "and \"the strong tier alone for short single-shot tasks\" are claims about "
               "these rows. {0}'s own row is selected by its own trials: a task may be short "
               "because it gave up.",
               base->label)}});
    }
    break;
  }
}

}  // namespace weir
