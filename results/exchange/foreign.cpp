#include "results/exchange/foreign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tasks/error.hpp"

namespace weir {

void separate_variants(std::vector<ForeignTrial>& trials) {
  std::map<std::string, std::vector<std::string>> variants;  // by config
  for (auto& trial : trials) {
    auto& known = variants[trial.config];
    auto found = std::find(known.begin(), known.end(), trial.variant);
    if (found == known.end()) found = known.insert(known.end(), trial.variant);
    const auto number = found - known.begin() + 1;
    if (number > 1) trial.config += fmt::format("#{}", number);
  }
}

void number_attempts(std::vector<ForeignTrial>& trials) {
  std::map<std::pair<std::string, std::string>, std::vector<ForeignTrial*>> groups;
  for (auto& trial : trials) groups[{trial.config, trial.task}].push_back(&trial);
  for (auto& [unused, group] : groups) {
    std::set<int> seen;
    const bool sound = std::all_of(group.begin(), group.end(), [&](const ForeignTrial* trial) {
      return trial->attempt > 0 && seen.insert(trial->attempt).second;
    });
    if (sound) continue;
    std::stable_sort(group.begin(), group.end(), [](const auto* a, const auto* b) {
      return a->started_at.value_or(TimePoint::max()) < b->started_at.value_or(TimePoint::max());
    });
    int ordinal = 0;
    for (ForeignTrial* trial : group) trial->attempt = ++ordinal;
  }
}

void check_trials(const ForeignOutcomes& outcomes, const std::string& origin) {
  std::set<std::tuple<std::string, std::string, int>> seen;
  Picodollars sum = 0;
  for (const auto& trial : outcomes.trials) {
    if (!seen.emplace(trial.config, trial.task, trial.attempt).second) {
      throw UserError(fmt::format("{}: {} / {} / attempt {} stands twice", origin, trial.config,
                                  trial.task, trial.attempt));
    }
    if (__builtin_add_overflow(sum, trial.cost_pusd.value_or(0), &sum)) {
      throw UserError(
          fmt::format("{}: its costs add up to more than nine million dollars", origin));
    }
  }
}

}  // namespace weir
