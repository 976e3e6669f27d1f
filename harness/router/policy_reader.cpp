// Policy files: TOML to values, every number checked.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "harness/router/policy.hpp"
#include "harness/router/signals.hpp"
#include "tasks/nearest.hpp"

namespace weir {
namespace {

constexpr std::int64_t kMost = 1'000'000;

Redo read_redo(ConfigTable& table) {
  const std::string written = table.text("redo").value_or("rollback");
  for (const Redo redo : {Redo::rollback, Redo::before_execution, Redo::next_turn}) {
    if (name_of(redo) == written) return redo;
  }
  table.fail("redo",
             fmt::format("\"{}\" is not rollback, before_execution or next_turn{}", written,
                         did_you_mean(written, {"rollback", "before_execution", "next_turn"})));
}

std::optional<int> read_stay(ConfigTable& table) {
  const auto raw = table.raw("stay");
  if (raw.is_null()) return 1;
  if (raw == "rest") return std::nullopt;
  if (raw.is_string()) table.fail("stay", "must be a number of turns, or \"rest\"");
  const auto turns = table.integer("stay").value_or(1);
  if (turns < 1 || turns > kMost) table.fail("stay", "must be 1 or more, or \"rest\"");
  return static_cast<int>(turns);
}

/// A number in [0,1] under `key`.
std::optional<double> unit(ConfigTable& table, const std::string& key) {
  const auto value = table.number(key);
  if (value && !(*value >= 0 && *value <= 1)) table.fail(key, "must be in [0,1]");
  return value;
}

std::optional<int> counting(ConfigTable& table, const std::string& key) {
  const auto value = table.integer(key);
  if (!value) return {};
  if (*value < 1 || *value > kMost) table.fail(key, fmt::format("must be from 1 to {}", kMost));
  return static_cast<int>(*value);
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
        const bool magnitude = std::any_of(
            signal_definitions().begin(), signal_definitions().end(),
            [&](const SignalDefinition& definition) { return definition.name == name; });
        weights->fail(name, magnitude ? "is a magnitude, not in [0,1]: it may not carry a weight"
                                      : "no such signal" + did_you_mean(name, signal_names()));
      }
      policy.weights[name] = unit(*weights, name).value_or(0);
    }
  }
  table.reject_unknown();
}

void read_always(ConfigTable& table, Policy& policy) {
  policy.context_tokens = table.integer("context_tokens");
  if (policy.context_tokens && *policy.context_tokens < 0) {
    table.fail("context_tokens", "must not be negative");
  }
  policy.consecutive_failures = counting(table, "consecutive_failures");
  policy.final_review = table.flag("final_review").value_or(false);
  policy.previous_attempt_failed = table.flag("previous_attempt_failed").value_or(false);
  policy.task_difficulty = table.texts("task_difficulty");
  table.reject_unknown();
}

void read_vote(ConfigTable& table, Policy& policy) {
  VoteRule rule;
  rule.samples = counting(table, "samples").value_or(rule.samples);
  if (rule.samples < 2 || rule.samples > 100) table.fail("samples", "must be from 2 to 100");
  if (table.has("on")) {
    rule.on.clear();
    for (const auto& kind : table.texts("on")) {
      const std::vector<std::string> kinds = {"edit", "submit", "other"};
      if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
        table.fail("on", fmt::format("\"{}\" is not edit, submit or other{}", kind,
                                     did_you_mean(kind, kinds)));
      }
      rule.on.insert(kind);
    }
    if (rule.on.empty()) table.fail("on", "must name at least one of edit, submit, other");
  }
  const std::string accept = table.text("accept").value_or("plurality");
  if (accept != "plurality" && accept != "first") {
    table.fail("accept", "must be \"plurality\" or \"first\"");
  }
  rule.plurality = accept == "plurality";
  policy.vote = rule;
  table.reject_unknown();
}

void read_explore(ConfigTable& table, Policy& policy) {
  policy.grid = table.numbers("grid");
  for (const double value : policy.grid) check_threshold(table, "grid", value);
  policy.probs = table.numbers("probs");
  if (policy.grid.empty()) {
    table.fail("grid", "exploring needs the thresholds to draw from: grid = [0.2, 0.5, 1.01]");
  }
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
  const std::string design = table.text("design").value_or("random");
  if (design != "random" && design != "tree") {
    table.fail("design", fmt::format("\"{}\" is not random or tree{}", design,
                                     did_you_mean(design, {"random", "tree"})));
  }
  policy.tree = design == "tree";
  if (policy.tree && table.has("probs")) {
    table.fail("probs", "a tree runs every threshold of the grid: nothing is drawn");
  }
  policy.fork = unit(table, "fork").value_or(0);
  if (policy.tree && policy.fork > 0) {
    table.fail("fork", "a tree goes both ways already wherever its thresholds disagree");
  }
  for (std::size_t i = 0; i < policy.grid.size(); ++i) {
    if (std::count(policy.grid.begin(), policy.grid.end(), policy.grid[i]) > 1) {
      table.fail("grid", "names a threshold twice");
    }
  }
  table.reject_unknown();
}

void read_budget(ConfigTable& table, Policy& policy) {
  policy.budget.share = unit(table, "max_strong_share");
  policy.budget.turns = counting(table, "max_strong_turns");
  policy.budget.escalations = counting(table, "max_escalations");
  policy.budget.usd = table.number("max_strong_usd");
  if (policy.budget.usd && !(*policy.budget.usd >= 0 && *policy.budget.usd < 1e6)) {
    table.fail("max_strong_usd", "must be a number of dollars, less than a million");
  }
  table.reject_unknown();
}

/// What cannot be had together.
void check_together(const ConfigTable& table, const Policy& policy) {
  if (policy.final_review && policy.redo == Redo::next_turn) {
    table.fail("redo", "final_review reviews before the submission runs; next_turn cannot");
  }
  if (policy.files_only && policy.redo != Redo::rollback) {
    table.fail("undo", "\"files_only\" needs redo = \"rollback\"");
  }
  if (!policy.grid.empty() && policy.previous_attempt_failed) {
    table.fail("explore",
               "draws each trial's threshold on its own; previous_attempt_failed ties a trial to "
               "another one's threshold. Remove one of them");
  }
}

}  // namespace

Policy parse_policy(const std::filesystem::path& file, const std::string& text) {
  const ConfigFile config = ConfigFile::parse(file, text);
  ConfigTable table(config);
  Policy policy;
  policy.text = text;
  policy.tiers = table.texts("tiers");
  policy.redo = read_redo(table);
  const std::string undo = table.text("undo").value_or("exact");
  if (undo != "exact" && undo != "files_only") {
    table.fail("undo", "must be \"exact\" or \"files_only\"");
  }
  policy.files_only = undo == "files_only";
  policy.stay = read_stay(table);
  policy.restart = table.flag("restart").value_or(false);
  if (auto score = table.table("score")) read_score(*score, policy);
  if (auto always = table.table("always")) read_always(*always, policy);
  if (auto vote = table.table("vote")) read_vote(*vote, policy);
  if (auto explore = table.table("explore")) read_explore(*explore, policy);
  if (auto budget = table.table("budget")) read_budget(*budget, policy);
  if (auto certificate = table.table("certificate")) {
    policy.certificate = read_certificate(*certificate);
  }
  check_together(table, policy);
  table.reject_unknown();
  return policy;
}

Policy read_control(ConfigTable& table) {
  Policy policy;
  int given = 0;
  if (const auto share = unit(table, "random_share")) {
    policy.random_share = share;
    policy.text += fmt::format("[control]\nrandom_share = {}\n", *share);
    ++given;
  }
  if (const auto threshold = table.number("threshold")) {
    check_threshold(table, "threshold", *threshold);
    policy.threshold = *threshold;
    policy.text += fmt::format("[control]\nthreshold = {}\n", *threshold);
    ++given;
  }
  if (const auto attempts = counting(table, "attempts")) {
    if (*attempts < 2 || *attempts > 100) table.fail("attempts", "must be from 2 to 100");
    policy.attempts = attempts;
    policy.text += fmt::format("[control]\nattempts = {}\n", *attempts);
    ++given;
  }
  if (auto before = table.table("pre_router")) {
    PreRouter router;
    router.difficulty = before->texts("difficulty");
    router.instruction_tokens = before->integer("instruction_tokens");
    router.share = unit(*before, "share");
    before->reject_unknown();
    if (router.instruction_tokens && *router.instruction_tokens < 1) {
      before->fail("instruction_tokens", "must be 1 or more");
    }
    const int ways = !router.difficulty.empty() + router.instruction_tokens.has_value() +
                     router.share.has_value();
    if (ways != 1) {
      table.fail("pre_router",
                 "needs one of difficulty = [...], instruction_tokens = N and share = X");
    }
    policy.text += "[control]\npre_router = " + table.raw("pre_router").dump() + "\n";
    policy.pre_router = router;
    ++given;
  }
  table.reject_unknown();
  if (given != 1) {
    table.fail(table.keys().empty() ? "control" : table.keys().front(),
               "a control is one of random_share, threshold, attempts and pre_router");
  }
  return policy;
}

}  // namespace weir
