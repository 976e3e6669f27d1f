#include "results/reprice.hpp"

#include <algorithm>
#include <set>

namespace weir {
namespace {

std::vector<BilledCall> of(const std::vector<BilledCall>& calls, const std::string& config,
                           bool counted) {
  std::vector<BilledCall> own;
  std::copy_if(calls.begin(), calls.end(), std::back_inserter(own), [&](const BilledCall& call) {
    return call.config == config && call.counted == counted;
  });
  return own;
}

}  // namespace

std::vector<RepricedConfig> reprice(const std::vector<BilledCall>& calls, const PriceBook& book) {
  std::vector<RepricedConfig> lines;
  for (const auto& call : calls) {
    const bool known = std::any_of(lines.begin(), lines.end(), [&](const RepricedConfig& line) {
      return line.config == call.config;
    });
    if (known) continue;
    RepricedConfig line;
    line.config = call.config;
    const auto counted = of(calls, call.config, true);
    std::set<std::string> trials;
    for (const auto& own : counted) {
      trials.insert(own.trial);
      line.stored.add(own.cost_pusd);
    }
    line.trials = static_cast<int>(trials.size());
    line.calls = static_cast<std::int64_t>(counted.size());
    line.costs = cache_costs(counted, book);
    line.other_tries = cache_costs(of(calls, call.config, false), book);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::map<std::string, EntryUse> entries_used(const std::vector<BilledCall>& calls,
                                             const PriceBook& book) {
  std::map<std::string, EntryUse> used;
  for (const auto& call : calls) {
    if (call.free || call.unknowable || call.shared) continue;
    const auto cost = book.cost(call.key, call.at, call.tokens);
    if (!cost) continue;
    EntryUse& use = used[cost->entry];
    ++use.calls;
    use.by_request += cost->by_request ? 1 : 0;
  }
  return used;
}

}  // namespace weir
