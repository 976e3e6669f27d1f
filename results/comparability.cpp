#include "results/comparability.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace weir {
namespace {

using nlohmann::json;

json facts_of(const Arm& arm) {
  json facts = json::parse(arm.run.facts, nullptr, false);
  return facts.is_object() ? facts : json::object();
}

json part(const json& facts, const char* key) {
  return facts.value(key, json());
}

/// What of a sandbox decides what an agent can do in it; not the kernel's name.
json sandbox_class(const json& facts) {
  const json sandbox = part(facts, "sandbox");
  if (!sandbox.is_object()) return {};
  return {{"backend", sandbox.value("backend", "")},
          {"degraded", sandbox.value("degraded", json())}};
}

/// Whether trials that tried to bend their grading were voided.
json strict(const json& facts) {
  const json audit = part(facts, "audit");
  return audit.is_object() && audit.value("strict", false);
}

std::string shown(const json& value) {
  return value.is_null()     ? "not recorded"
         : value.is_string() ? value.get<std::string>()
                             : value.dump();
}

class Differences {
 public:
  void add(const std::string& what, const json& base, const json& fresh, bool forbids) {
    if (base != fresh) found_.push_back({what, shown(base), shown(fresh), forbids});
  }
  std::vector<ArmDifference> take() { return std::move(found_); }

 private:
  std::vector<ArmDifference> found_;
};

std::string tasks_line(const Arm& arm, const Arm& other) {
  const auto own = std::count_if(arm.tasks.begin(), arm.tasks.end(), [&](const auto& task) {
    return other.tasks.count(task.first) == 0;
  });
  return fmt::format("{} tasks, {} of them its own", arm.tasks.size(), own);
}

/// Tasks that stood in other environments, by digest.
int other_environments(const Arm& base, const Arm& fresh) {
  std::map<std::string, std::set<std::string>> of_base;
  std::map<std::string, std::set<std::string>> of_fresh;
  for (const auto& t : base.trials) {
    if (!t.environment_sha256.empty()) of_base[t.task].insert(t.environment_sha256);
  }
  for (const auto& t : fresh.trials) {
    if (!t.environment_sha256.empty()) of_fresh[t.task].insert(t.environment_sha256);
  }
  int count = 0;
  for (const auto& [task, digests] : of_base) {
    const auto other = of_fresh.find(task);
    if (other != of_fresh.end() && other->second != digests) ++count;
  }
  return count;
}

std::string joined(const std::vector<std::string>& names) {
  return names.empty() ? "not recorded" : fmt::format("{}", fmt::join(names, ", "));
}

/// How models were asked (thinking, limits of answers, ids): what differs, as the base had
/// it and as fresh has it, "tier.key=value".
std::pair<std::string, std::string> settings_that_differ(const std::string& base,
                                                         const std::string& fresh) {
  const json a = json::parse(base, nullptr, false);
  const json b = json::parse(fresh, nullptr, false);
  if (a == b) return {};
  if (!a.is_array() || !b.is_array() || a.size() != b.size()) return {base, fresh};
  std::pair<std::string, std::string> found;
  for (std::size_t tier = 0; tier < a.size(); ++tier) {
    json keys = a[tier];
    keys.update(b[tier]);
    for (const auto& [key, unused] : keys.items()) {
      const json own = a[tier].value(key, json());
      const json other = b[tier].value(key, json());
      if (own == other) continue;
      const std::string name = a[tier].value("name", "tier") + "." + key + "=";
      found.first += (found.first.empty() ? "" : ", ") + name + own.dump();
      found.second += (found.second.empty() ? "" : ", ") + name + other.dump();
    }
  }
  return found;
}

/// Sums of one model in one arm, by bin.
using Bins = std::map<int, ContextCost>;

std::map<std::string, Bins> by_model(const Arm& arm) {
  std::map<std::string, Bins> models;
  for (const auto& context : arm.contexts) {
    if (!context.model.empty()) models[context.model][context.bin] = context;
  }
  return models;
}

double per_call(const ContextCost& c) {
  return static_cast<double>(c.cost_pusd) / static_cast<double>(c.calls);
}

/// `dear` over `cheap` per turn, where both have turns of the length.
PriceGap gap_of(const Bins& dear, const Bins& cheap) {
  constexpr std::int64_t kEnough = 5;
  PriceGap gap;
  double paid = 0;
  double would = 0;
  double dear_in = 0, dear_hit = 0, cheap_in = 0, cheap_hit = 0;
  for (const auto& [bin, own] : dear) {
    const auto other = cheap.find(bin);
    if (other == cheap.end() || own.calls < kEnough || other->second.calls < kEnough) continue;
    paid += static_cast<double>(own.cost_pusd);
    would += per_call(other->second) * static_cast<double>(own.calls);
    gap.turns += own.calls;
    dear_in += static_cast<double>(own.input_total);
    dear_hit += static_cast<double>(own.input_hit);
    cheap_in += static_cast<double>(other->second.input_total);
    cheap_hit += static_cast<double>(other->second.input_hit);
  }
  gap.ratio = would > 0 ? paid / would : paid > 0 ? std::numeric_limits<double>::infinity() : 1;
  gap.hits_dearer = dear_in > 0 ? dear_hit / dear_in : 0;
  gap.hits_other = cheap_in > 0 ? cheap_hit / cheap_in : 0;
  return gap;
}

}  // namespace

std::vector<ArmDifference> differences(const Arm& base, const Arm& fresh) {
  Differences found;
  const bool one_run = base.run.id == fresh.run.id;
  found.add("simulated", base.config.simulated, fresh.config.simulated, true);
  found.add("prompt and tools", base.config.agent_sha256, fresh.config.agent_sha256, !one_run);
  if (one_run) return found.take();
  const auto changed = changed_tasks(base, fresh);
  if (!changed.empty()) {
    found.add(
        "content of tasks", "as it was",
        fmt::format(
            "{} tasks changed, left out: {}", changed.size(),
            fmt::join(changed.begin(),
                      changed.begin() + std::min<std::ptrdiff_t>(3, std::ssize(changed)), ", ")),
        false);
  }
  const std::string tasks = tasks_line(base, fresh);
  const std::string other = tasks_line(fresh, base);
  if (tasks != other) found.add("suite", tasks, other, false);
  const json old_facts = facts_of(base);
  const json new_facts = facts_of(fresh);
  const bool unknown = !base.run.source.empty() || !fresh.run.source.empty() ||
                       (part(old_facts, "limits").is_null() && part(new_facts, "limits").is_null());
  if (unknown) {
    found.add("conditions (limits, resources, sandbox, prompt)", "not recorded",
              "not known to be the same", false);
  }
  found.add("limits", part(old_facts, "limits"), part(new_facts, "limits"), true);
  found.add("resources", part(old_facts, "resources"), part(new_facts, "resources"), true);
  found.add("sandbox", sandbox_class(old_facts), sandbox_class(new_facts), true);
  found.add("strict integrity", strict(old_facts), strict(new_facts), true);
  found.add("host", part(old_facts, "host_sha256"), part(new_facts, "host_sha256"), false);
  found.add("trials in flight", part(old_facts, "jobs"), part(new_facts, "jobs"), false);
  if (const int count = other_environments(base, fresh); count > 0) {
    found.add("environments", "as they were", fmt::format("of {} tasks others", count), false);
  }
  found.add("served models", joined(base.served), joined(fresh.served), false);
  const auto settings = settings_that_differ(base.config.tiers, fresh.config.tiers);
  found.add("model settings", settings.first, settings.second, false);
  found.add("policy", base.config.policy_sha256, fresh.config.policy_sha256, false);
  found.add("price book", base.run.price_book_sha256, fresh.run.price_book_sha256, false);
  found.add("Weir version", base.run.weir_version, fresh.run.weir_version, false);
  return found.take();
}

std::vector<PriceGap> price_gaps(const std::vector<Arm>& arms, double shout) {
  std::vector<PriceGap> gaps;
  for (std::size_t a = 0; a < arms.size(); ++a) {
    const auto first = by_model(arms[a]);
    for (std::size_t b = a + 1; b < arms.size(); ++b) {
      const auto second = by_model(arms[b]);
      for (const auto& [model, bins] : first) {
        const auto other = second.find(model);
        if (other == second.end()) continue;
        PriceGap gap = gap_of(bins, other->second);
        const bool turned = gap.ratio < 1;
        if (turned) gap = gap_of(other->second, bins);
        if (gap.turns == 0 || gap.ratio <= shout) continue;
        gap.model = model;
        gap.base = arms[a].label;
        gap.fresh = arms[b].label;
        gap.dearer = turned ? arms[b].label : arms[a].label;
        gaps.push_back(std::move(gap));
      }
    }
  }
  return gaps;
}

}  // namespace weir
