#include "results/cache_costs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace weir {
namespace {

constexpr std::int64_t kUnit = 128;  // tokens; DeepSeek's caches hit in multiples of it

using History = std::tuple<std::string, int, std::string>;  ///< trial, try, model

/// What a history's prompts have shown its cache. A restarted trial shares its first
/// prompt with the one it abandoned, and nothing after it.
struct Sent {
  std::int64_t longest = 0;  ///< of the longest since the last restart, with its answer
  int segment = 0;
};

std::optional<Cost> cost_of(const BilledCall& call, const Tokens& tokens, const PriceBook& book) {
  if (call.unknowable) return {};
  return book.cost(call.key, call.at, tokens);
}

void add(Spend& spend, const std::optional<Cost>& cost) {
  spend.add(cost ? std::optional(cost->pusd) : std::nullopt);
}

/// What the first calls of trials share, by model. A repeat of a task finds its
/// whole prompt, which says nothing of other tasks: the coldest first call of
/// each task counts, and of these the warmest.
std::map<std::string, std::int64_t> shared_prefixes(const std::vector<BilledCall>& calls) {
  std::set<History> begun;
  std::map<std::pair<std::string, std::string>, std::int64_t> coldest;  // by model and task
  for (const auto& call : calls) {
    if (call.free || !call.tokens.input_total) continue;
    if (!begun.insert({call.trial, call.try_number, call.model}).second) continue;
    const std::int64_t hits = call.tokens.input_hit.value_or(0);
    const auto [found, added] = coldest.emplace(std::pair(call.model, call.task), hits);
    if (!added) found->second = std::min(found->second, hits);
  }
  std::map<std::string, std::int64_t> shared;
  for (const auto& [key, hits] : coldest) {
    shared[key.first] = std::max(shared[key.first], hits);
  }
  return shared;
}

/// Of a prompt whose total the service left out, the sum of what it said.
std::int64_t total_of(const Tokens& tokens) {
  return tokens.input_total.value_or(tokens.input_miss.value_or(0) + tokens.input_hit.value_or(0) +
                                     tokens.cache_write.value_or(0));
}

}  // namespace

Tokens with_hits(Tokens tokens, std::int64_t hits) {
  if (!tokens.input_hit || !tokens.input_miss) return tokens;
  std::int64_t more = hits - *tokens.input_hit;
  tokens.input_hit = hits;
  if (tokens.cache_write && *tokens.cache_write > 0) {
    const std::int64_t from_writes = std::min(more, *tokens.cache_write);
    *tokens.cache_write -= from_writes;
    more -= from_writes;
  }
  *tokens.input_miss -= more;
  return tokens;
}

std::map<std::string, CacheCosts> cache_costs_by_trial(const std::vector<BilledCall>& calls,
                                                       const PriceBook& book) {
  const auto shared = shared_prefixes(calls);
  std::map<History, Sent> sent;
  std::map<std::pair<std::string, int>, std::int64_t> first_prompt;  // of trial and try
  std::map<std::string, CacheCosts> by_trial;
  for (const auto& call : calls) {
    if (call.free) continue;
    CacheCosts& costs = by_trial[call.trial];
    const Tokens& tokens = call.tokens;
    const auto billed = cost_of(call, tokens, book);
    add(costs.billed, billed);
    costs.by_request += billed && billed->by_request ? 1 : 0;
    const History history{call.trial, call.try_number, call.model};
    const std::int64_t total = total_of(tokens);
    const std::int64_t hits = tokens.input_hit.value_or(0);
    const std::int64_t beginning =
        first_prompt.try_emplace({call.trial, call.try_number}, total).first->second;
    const auto [found, unseen] = sent.try_emplace(history, Sent{0, call.segment});
    Sent& before = found->second;
    if (before.segment != call.segment) before = {beginning, call.segment};
    const std::int64_t own = unseen ? 0 : std::min(before.longest, total);
    const auto common = shared.find(call.model);
    const std::int64_t first = common == shared.end() ? 0 : std::min(common->second, total);
    add(costs.cold, cost_of(call, with_hits(tokens, std::min(hits, own)), book));
    const std::int64_t held = std::max(own / kUnit * kUnit, first / kUnit * kUnit);
    add(costs.warm, cost_of(call, with_hits(tokens, std::max(hits, held)), book));
    before.longest = std::max(before.longest, total + (call.accepted ? tokens.output_total.value_or(0) : 0));
  }
  return by_trial;
}

CacheCosts cache_costs(const std::vector<BilledCall>& calls, const PriceBook& book) {
  CacheCosts sum;
  for (const auto& [unused, costs] : cache_costs_by_trial(calls, book)) {
    sum.billed.add(costs.billed);
    sum.cold.add(costs.cold);
    sum.warm.add(costs.warm);
    sum.by_request += costs.by_request;
  }
  return sum;
}

}  // namespace weir
