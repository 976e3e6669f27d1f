#include "harness/router/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "harness/router/signals.hpp"
#include "harness/seed.hpp"
#include "tasks/config_table.hpp"
#include "tasks/error.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 3> kRedoNames = {"rollback", "before_execution",
                                                        "next_turn"};

Redo read_redo(ConfigTable& table) {
  const std::string written = table.text("redo").value_or("rollback");
  for (std::size_t i = 0; i < kRedoNames.size(); ++i) {
    if (kRedoNames[i] == written) return static_cast<Redo>(i);
  }
  table.fail("redo", fmt::format("\"{}\" is not rollback, before_execution or next_turn", written));
}

std::optional<int> read_stay(ConfigTable& table) {
  const auto raw = table.raw("stay");
  if (raw.is_null()) return 1;
  if (raw == "rest") return std::nullopt;
  const auto turns = table.integer("stay").value_or(1);
  if (turns < 1 || turns > 100'000) table.fail("stay", "must be 1 or more, or \"rest\"");
  return static_cast<int>(turns);
}

void check_unit(const ConfigTable& table, const std::string& key, double value) {
  if (!(value >= 0 && value <= 1)) table.fail(key, "must be in [0,1]");
}

void check_threshold(const ConfigTable& table, const std::string& key, double value) {
  if (value >= 0 && value <= 1) return;
  if (std::abs(value - kNever) < 1e-9) return;
  table.fail(key, "must be in [0,1], or exactly 1.01 for never");
}

void read_score(ConfigTable& table, Policy& policy) {
  policy.threshold = table.number("threshold").value_or(kNever);
  check_threshold(table, "threshold", policy.threshold);
  if (auto weights = table.table("weights")) {
    for (const auto& name : weights->keys()) {
      if (find_signal(name) == nullptr) {
        weights->fail(name, "no such signal" + did_you_mean(name, signal_names()));
      }
      const double weight = weights->number(name).value_or(0);
      check_unit(*weights, name, weight);
      policy.weights[name] = weight;
    }
  }
  table.reject_unknown();
}

void read_always(ConfigTable& table, Policy& policy) {
  policy.context_tokens = table.integer("context_tokens");
  if (const auto count = table.integer("consecutive_failures")) {
    if (*count < 1) table.fail("consecutive_failures", "must be 1 or more");
    policy.consecutive_failures = static_cast<int>(*count);
  }
  policy.final_review = table.flag("final_review").value_or(false);
  table.reject_unknown();
}

void read_explore(ConfigTable& table, Policy& policy) {
  policy.grid = table.numbers("grid");
  for (const double value : policy.grid) check_threshold(table, "grid", value);
  policy.probs = table.numbers("probs");
  if (policy.grid.empty()) table.fail("grid", "must name at least one threshold");
  if (policy.probs.empty()) {
    policy.probs.assign(policy.grid.size(), 1.0 / static_cast<double>(policy.grid.size()));
  }
  const double sum = std::accumulate(policy.probs.begin(), policy.probs.end(), 0.0);
  if (policy.probs.size() != policy.grid.size() || std::abs(sum - 1) > 1e-6) {
    table.fail("probs", "must be one probability per threshold of grid, summing to 1");
  }
  for (const double p : policy.probs) {
    if (!(p > 0)) table.fail("probs", "must be positive");
  }
  for (std::size_t i = 0; i < policy.grid.size(); ++i) {
    if (std::count(policy.grid.begin(), policy.grid.end(), policy.grid[i]) > 1) {
      table.fail("grid", "names a threshold twice");
    }
  }
  table.reject_unknown();
}

}  // namespace

std::string_view name_of(Redo redo) { return kRedoNames[static_cast<std::size_t>(redo)]; }

Policy parse_policy(const std::filesystem::path& file, const std::string& text) {
  const ConfigFile config = ConfigFile::parse(file, text);
  ConfigTable table(config);
  Policy policy;
  policy.text = text;
  policy.tiers = table.texts("tiers");
  policy.redo = read_redo(table);
  policy.stay = read_stay(table);
  if (table.flag("restart").value_or(false)) {
    table.fail("restart", "restarting a trial one tier up is not available yet; remove it");
  }
  if (auto score = table.table("score")) read_score(*score, policy);
  if (auto always = table.table("always")) read_always(*always, policy);
  if (table.table("vote")) table.fail("vote", "votes are not available yet; remove the table");
  if (auto explore = table.table("explore")) read_explore(*explore, policy);
  if (auto budget = table.table("budget")) {
    policy.max_strong_share = budget->number("max_strong_share");
    if (policy.max_strong_share) check_unit(*budget, "max_strong_share", *policy.max_strong_share);
    budget->reject_unknown();
  }
  if (policy.final_review && policy.redo == Redo::next_turn) {
    table.fail("redo", "final_review reviews before the submission runs; next_turn cannot");
  }
  (void)table.table("certificate");
  table.reject_unknown();
  return policy;
}

Policy single_tier_policy(const std::string& tier) {
  Policy policy;
  policy.tiers = {tier};
  return policy;
}

double score_of(const Policy& policy, const std::map<std::string, double>& signals) {
  double kept = 1;
  for (const auto& [name, weight] : policy.weights) {
    const auto signal = signals.find(name);
    if (signal != signals.end()) kept *= 1 - weight * signal->second;
  }
  return 1 - kept;
}

DrawnThreshold draw_threshold(const Policy& policy, std::uint64_t seed, const std::string& task,
                              int attempt) {
  if (policy.grid.empty()) return {policy.threshold, 1};
  // A uniform start per task, then equal steps of 1/K around the circle of
  // probabilities: each attempt alone is distributed as probs say.
  const auto k = static_cast<double>(policy.grid.size());
  double u = draw(seed, "threshold/" + task) + static_cast<double>(attempt - 1) / k;
  u -= std::floor(u);
  std::size_t i = 0;
  for (double sum = policy.probs[0]; u >= sum && i + 1 < policy.grid.size(); sum += policy.probs[i]) {
    ++i;
  }
  return {policy.grid[i], policy.probs[i]};
}

}  // namespace weir
