// weir_world_study: logs and studies of worlds whose truth is known.
//   weir_world_study study [REPLICATIONS] [RANDOM_WORLDS] [FIRST_SEED] [independent|distinct|walk]
//   [TASKS] weir_world_study log WORLD SEED [TASKS]     a JSONL log; WORLD: 0-5 or a random world's
//   seed weir_world_study truth WORLD                its thresholds' resolve rates and costs

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "tests/worlds/study.hpp"

namespace weir {
namespace {

World world_named(const std::string& name) {
  const auto seed = std::stoull(name);
  return seed < fixed_worlds().size() ? fixed_worlds()[seed] : random_world(seed);
}

/// Means over worlds, method by method.
struct Summary {
  std::vector<std::string> names;
  std::vector<double> worst_violation, abstention, regret, with_fallback;  ///< sums, but the first
  int worlds = 0;
  int compared = 0;  ///< worlds in which the reference chose often enough

  void add(const WorldScore& score) {
    if (names.empty()) {
      for (const auto& method : score.methods) names.push_back(method.name);
      worst_violation.assign(names.size(), 0);
      abstention = regret = with_fallback = worst_violation;
    }
    ++worlds;
    constexpr double kMostAbstained = 0.9;
    const MethodScore& reference = score.methods.front();
    const bool comparable = reference.abstention_rate() <= kMostAbstained;
    compared += comparable ? 1 : 0;
    for (std::size_t m = 0; m < names.size(); ++m) {
      worst_violation[m] = std::max(worst_violation[m], score.methods[m].violation_rate());
      abstention[m] += score.methods[m].abstention_rate();
      with_fallback[m] += score.methods[m].with_fallback;
      if (comparable) regret[m] += score.methods[m].regret;
    }
  }
};

void print(const WorldScore& score) {
  fmt::print(
      "{}: target {:.3f}; bands cover {:.3f} (resolved), {:.3f} (cost); worst bias |z| {:.1f}; "
      "mean weight {:.4f}\n",
      score.world, score.target, score.covers_resolved, score.covers_cost, score.worst_bias,
      score.mean_weight);
  for (const auto& method : score.methods) {
    fmt::print(
        "  {:<40} violates {:5.1f} %  abstains {:5.1f} %  regret {:6.1f} %, with fallback {:6.1f} "
        "%\n",
        method.name, 100 * method.violation_rate(), 100 * method.abstention_rate(),
        100 * method.regret, 100 * method.with_fallback);
  }
}

int study(const std::vector<std::string>& words) {
  const auto word = [&](std::size_t i, const char* otherwise) {
    return i < words.size() ? words[i] : std::string(otherwise);
  };
  StudyPlan plan;
  plan.replications = std::stoi(word(1, "1000"));
  const int random = std::stoi(word(2, "8"));
  const std::uint64_t first = std::stoull(word(3, "2000"));
  const std::map<std::string, Draws> draws = {
      {"independent", Draws::independent}, {"distinct", Draws::distinct}, {"walk", Draws::walk}};
  plan.draws = draws.at(word(4, "independent"));
  plan.tasks = std::stoi(word(5, "400"));
  std::vector<World> worlds = fixed_worlds();
  for (int i = 0; i < random; ++i)
    worlds.push_back(random_world(first + static_cast<std::uint64_t>(i)));
  fmt::print(
      "Simulated worlds with exact truth: {} replications of {} tasks x {} attempts, {} draws, "
      "delta {}; at most {:.4f} violations are chance.\nRegret: true cost over that of the "
      "cheapest threshold that keeps the target, where one was chosen; with fallback: the most "
      "escalating threshold where none was.\n\n",
      plan.replications, plan.tasks, plan.attempts, word(4, "independent"), plan.delta,
      allowed_violations(plan));
  Summary summary;
  for (const auto& world : worlds) {
    const WorldScore score = study_world(world, plan);
    print(score);
    summary.add(score);
    std::fflush(stdout);
  }
  fmt::print(
      "\nOver {} worlds (regret over the {} in which the reference chose in a tenth of the cases "
      "or more):\n",
      summary.worlds, summary.compared);
  for (std::size_t m = 0; m < summary.names.size(); ++m) {
    fmt::print(
        "  {:<40} worst violation {:4.1f} %  mean abstention {:4.1f} %  mean regret {:5.1f} % "
        "({:.2f} of the reference's), with fallback {:5.1f} % ({:.2f})\n",
        summary.names[m], 100 * summary.worst_violation[m],
        100 * summary.abstention[m] / summary.worlds,
        100 * summary.regret[m] / std::max(1, summary.compared),
        summary.regret[m] / summary.regret[0], 100 * summary.with_fallback[m] / summary.worlds,
        summary.with_fallback[m] / summary.with_fallback[0]);
  }
  return 0;
}

int main_of(const std::vector<std::string>& words) {
  const std::string what = words.empty() ? "" : words[0];
  if (what == "study") return study(words);
  if (what == "log" && words.size() >= 3) {
    const int tasks = words.size() > 3 ? std::stoi(words[3]) : 400;
    fmt::print("{}", explore_to_jsonl(world_named(words[1]), tasks, 3, Draws::independent,
                                      std::stoull(words[2])));
    return 0;
  }
  if (what == "truth" && words.size() == 2) {
    const World world = world_named(words[1]);
    fmt::print("{} target {}\n", world.name, world.target);
    for (const double threshold : world.grid) {
      const auto truth = world.truth(threshold);
      fmt::print("{} {} {}\n", threshold, truth.resolved, truth.usd);
    }
    return 0;
  }
  fmt::print(stderr, "weir_world_study study|log|truth: see tests/worlds/main.cpp\n");
  return 2;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  return weir::main_of({argv + 1, argv + argc});
}
