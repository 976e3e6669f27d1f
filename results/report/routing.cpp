// Economics of routing: what each tier did, what going up and down cost, how caches held.

#include <fmt/format.h>

#include <algorithm>

#include "results/arm_role.hpp"
#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

bool routes(const Arm& arm) {
  const ArmKind kind = role_of(arm.config).kind;
  return kind != ArmKind::reference && !arm.routes.tiers.empty();
}

std::optional<double> per(double sum, std::int64_t count) {
  if (count <= 0) return {};
  return sum / static_cast<double>(count);
}

Cell number_cell(const std::optional<double>& value, int digits) {
  if (!value) return Cell::unknown("–");
  return {fmt::format("{:.{}f}", *value, digits), *value};
}

Table tiers(const RunReport& report) {
  Table table{{{"config", "config", false},
               {"tier", "tier", false},
               {"turns", "accepted turns"},
               {"turn_share", "of turns"},
               {"calls", "calls"},
               {"usd", "$"},
               {"spend_share", "of spend"},
               {"token_share", "of tokens"},
               {"cache_hits", "cache hits"},
               {"reread_hits", "of what it was sent before"},
               {"latency_s", "s / call"},
               {"ttft_s", "s to first token"},
               {"tokens_per_second", "tokens / s"}},
              {}};
  for (const auto& arm : report.arms) {
    if (!routes(arm)) continue;
    std::int64_t turns = 0;
    std::int64_t tokens = 0;
    Spend spend;
    for (const auto& tier : arm.routes.tiers) {
      turns += tier.turns;
      tokens += tier.input_tokens + tier.output_tokens;
      spend.add(tier.spend);
    }
    for (const auto& tier : arm.routes.tiers) {
      CacheSums cache;
      for (const auto& [unused, bin] : tier.cache) {
        cache.input_total += bin.input_total;
        cache.input_hit += bin.input_hit;
      }
      const double decoding = static_cast<double>(tier.latency_ms) / 1000;
      table.rows.push_back(
          {Cell::of(arm.label), Cell::of(tier.model), Cell::number(tier.turns),
           share_cell(tier.turns, turns), Cell::number(tier.calls), spend_cell(tier.spend, 1),
           share_cell(tier.spend.whole(), spend.whole()),
           share_cell(tier.input_tokens + tier.output_tokens, tokens),
           share_cell(cache.input_hit, cache.input_total), share_cell(tier.reread_hit, tier.reread),
           number_cell(per(decoding, tier.timed_calls), 2),
           number_cell(per(static_cast<double>(tier.ttft_ms) / 1000, tier.ttft_calls), 2),
           number_cell(decoding > 0
                           ? std::optional(static_cast<double>(tier.timed_output) / decoding)
                           : std::nullopt,
                       1)});
    }
  }
  return table;
}

/// Dollars per escalation; unknown where a part is.
Cell each(const Spend& spend, std::int64_t count) {
  if (count == 0) return Cell::unknown("–");
  if (!spend.whole()) return Cell::unknown();
  return usd_cell(static_cast<double>(*spend.whole()) / 1e12 / static_cast<double>(count));
}

/// What of `all` goes beyond a base turn for every strong one; unknown without base turns.
Cell net_of_base_turns(const Arm& arm, const Spend& all, std::int64_t count) {
  const TierSums& base = arm.routes.tiers.front();
  const EscalationSums& e = arm.routes.escalations;
  if (count == 0 || base.turns == 0 || e.began_strong > 0 || e.restarts > 0) {
    return Cell::unknown("–");
  }
  if (!all.whole() || !base.accepted_spend.whole()) return Cell::unknown();
  std::int64_t strong = 0;
  for (std::size_t tier = 1; tier < arm.routes.tiers.size(); ++tier) {
    strong += arm.routes.tiers[tier].turns;
  }
  const double base_turn =
      static_cast<double>(*base.accepted_spend.whole()) / static_cast<double>(base.turns);
  const double more = static_cast<double>(*all.whole()) - base_turn * static_cast<double>(strong);
  return usd_cell(more / 1e12 / static_cast<double>(count));
}

Table escalations(const RunReport& report) {
  Table table{{{"config", "config", false},
               {"up", "times up"},
               {"down", "times down"},
               {"redone", "turns redone"},
               {"restarts", "restarts"},
               {"draft", "draft"},
               {"votes", "votes"},
               {"cold", "cold prefix"},
               {"first", "first strong call"},
               {"stay", "stay"},
               {"back", "way back"},
               {"abandoned", "abandoned"},
               {"all", "$ / escalation"},
               {"net", "more than base turns"},
               {"began_strong", "began strong"}},
              {}};
  for (const auto& arm : report.arms) {
    const EscalationSums& e = arm.routes.escalations;
    const std::int64_t count = e.up + e.restarts;
    const bool any =
        count > 0 || e.votes.known > 0 || e.votes.unknown_calls > 0 || e.began_strong > 0;
    if (!routes(arm) || !any) continue;
    Spend all;
    for (const Spend* part : {&e.drafts, &e.votes, &e.first, &e.stay, &e.back, &e.abandoned}) {
      all.add(*part);
    }
    table.rows.push_back(
        {Cell::of(arm.label), Cell::number(e.up), Cell::number(e.down), Cell::number(e.redone),
         Cell::number(e.restarts), each(e.drafts, count), each(e.votes, count), each(e.cold, count),
         each(e.first, count), each(e.stay, count), each(e.back, count), each(e.abandoned, count),
         each(all, count), net_of_base_turns(arm, all, count), Cell::number(e.began_strong)});
  }
  return table;
}

Table cache_by_turn(const RunReport& report) {
  Table table{{{"config", "config", false},
               {"tier", "tier", false},
               {"turns", "turns", false},
               {"calls", "calls"},
               {"input_tokens", "tokens in"},
               {"cache_hits", "cache hits"}},
              {}};
  for (const auto& arm : report.arms) {
    if (!routes(arm)) continue;
    for (const auto& tier : arm.routes.tiers) {
      for (const auto& [bin, cache] : tier.cache) {
        table.rows.push_back({Cell::of(arm.label), Cell::of(tier.model),
                              Cell::of(turn_bin_name(bin)), Cell::number(cache.calls),
                              tokens_cell(cache.input_total),
                              share_cell(cache.input_hit, cache.input_total)});
      }
    }
  }
  return table;
}

}  // namespace

void add_routing(Document& document, const RunReport& report) {
  Table by_tier = tiers(report);
  if (by_tier.rows.empty()) return;
  document.sections.push_back(
      {"economics-tiers",
       "Economics: tiers",
       {std::move(by_tier)},
       {"Shares of turns, of spend and of tokens are three different things. Over counted tries, "
        "discarded calls included; seconds and tokens per second over accepted calls, waiting for "
        "the first token included."}});
  if (Table table = escalations(report); !table.rows.empty()) {
    document.sections.push_back(
        {"economics-escalations",
         "Economics: what is paid around an escalation",
         {std::move(table)},
         {"Dollars per escalation: a turn that went up, or a restart. The cold prefix is part of "
          "the first strong call: the misses that a cache holding all the base tier had read "
          "would have spared (estimate). The way back counts what the base tier read anew "
          "because others had moved on (estimate). Votes of turns that did not escalate are in. "
          "What a restart abandoned stands in its own column alone. \"More than base turns\": "
          "less an accepted base turn's mean cost for every strong turn. Trials that began on a "
          "strong tier did not escalate: they are only counted."}});
  }
  document.sections.push_back({"economics-cache",
                               "Economics: cache hits along the trajectory",
                               {cache_by_turn(report)},
                               {"By the turn's number; calls that state their hits."}});
}

}  // namespace weir
