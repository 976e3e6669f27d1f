#include "tests/worlds/world.hpp"

#include <algorithm>
#include <boost/random/bernoulli_distribution.hpp>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <boost/random/uniform_real_distribution.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace weir {
namespace {

using Rng = boost::random::mt19937_64;

double score_at(std::size_t level) {
  return static_cast<double>(level) / (World::kLevels - 1);
}

/// P(score >= threshold).
double reach(const std::array<double, World::kLevels>& levels, double threshold) {
  double sum = 0;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    if (score_at(level) >= threshold) sum += levels[level];
  }
  return sum;
}

/// Levels weighted like a Beta(a, b) density at their middles, `quiet` of them at 0.
std::array<double, World::kLevels> beta_levels(double a, double b, double quiet = 0) {
  std::array<double, World::kLevels> levels{};
  double sum = 0;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const double x = (static_cast<double>(level) + 0.5) / World::kLevels;
    levels[level] = std::pow(x, a - 1) * std::pow(1 - x, b - 1);
    sum += levels[level];
  }
  for (auto& share : levels) share *= (1 - quiet) / sum;
  levels[0] += quiet;
  return levels;
}

/// Classes from easy to hard: chances to err spread around a middle one.
std::vector<World::Class> classes_around(double weak, double strong, double spread, double base) {
  std::vector<World::Class> classes;
  constexpr int kClasses = 5;
  for (int i = 0; i < kClasses; ++i) {
    const double at = (i - 2) / 2.0;  // -1 to 1
    const double odds = std::exp(spread * at);
    const auto shifted = [&](double p) { return p * odds / (1 - p + p * odds); };
    classes.push_back({1.0 / kClasses, std::clamp(base - 0.5 * spread * 0.1 * at, 0.0, 1.0),
                       shifted(weak), shifted(strong)});
  }
  return classes;
}

double mixed(Rng& rng, double low, double high) {
  return boost::random::uniform_real_distribution<double>(low, high)(rng);
}

World make(std::string name, int turns, std::vector<World::Class> classes, double a_bad,
           double b_bad, double a_good, double b_good, double quiet) {
  World world;
  world.name = std::move(name);
  world.turns = turns;
  world.classes = std::move(classes);
  world.after_error = beta_levels(a_bad, b_bad);
  world.otherwise = beta_levels(a_good, b_good, quiet);
  world.grid = {0.2, 0.35, 0.5, 0.6, 0.7, 0.85, 1.01};
  world.probs.assign(world.grid.size(), 1.0 / static_cast<double>(world.grid.size()));
  return world;
}

/// A target that is the given share of the way from "never" to the best threshold.
void aim(World& world, double share) {
  const double never = world.truth(world.grid.back()).resolved;
  double most = never;
  for (const double threshold : world.grid) {
    most = std::max(most, world.truth(threshold).resolved);
  }
  world.target = never + share * (most - never);
}

struct OneTurn {
  double score = 0;
  bool escalated = false;
  double usd = 0;
};

struct OneRun {
  std::size_t drawn = 0;
  std::vector<OneTurn> turns;
  bool resolved = false;
};

OneRun play(const World& world, const World::Class& kind, std::size_t drawn, Rng& rng) {
  boost::random::uniform_01<double> uniform;
  OneRun run;
  run.drawn = drawn;
  double chance = kind.base;
  bool wrong = false;
  bool strong_before = false;
  for (int turn = 1; turn <= world.turns; ++turn) {
    const double drag = wrong ? world.drag : 0;
    wrong = uniform(rng) < std::min(1.0, kind.weak + drag);
    const auto& levels = wrong ? world.after_error : world.otherwise;
    double left = uniform(rng);
    std::size_t level = 0;
    while (level + 1 < levels.size() && left >= levels[level]) left -= levels[level++];
    OneTurn one;
    one.score = score_at(level);
    one.escalated = one.score >= world.grid[drawn];
    one.usd = world.weak_cost * turn;
    if (one.escalated) {
      one.usd += (strong_before ? world.strong_warm : world.strong_cold) * turn;
      wrong = uniform(rng) < std::min(1.0, kind.strong + drag);
    }
    strong_before = one.escalated;
    if (wrong) chance *= 1 - world.damage;
    run.turns.push_back(one);
  }
  run.resolved = uniform(rng) < chance;
  return run;
}

/// Calls `each(task, run)` for every run of an exploration.
template <typename Each>
void play_all(const World& world, int tasks, int attempts, Draws draws, std::uint64_t seed,
              Each&& each) {
  Rng rng(seed);
  boost::random::uniform_01<double> uniform;
  std::vector<std::size_t> order(world.grid.size());
  // The threshold at a place of the circle of probabilities.
  const auto at = [&](double place) {
    place -= std::floor(place);
    std::size_t k = 0;
    while (k + 1 < world.probs.size() && place >= world.probs[k]) place -= world.probs[k++];
    return k;
  };
  for (int task = 0; task < tasks; ++task) {
    double left = uniform(rng);
    std::size_t kind = 0;
    while (kind + 1 < world.classes.size() && left >= world.classes[kind].share) {
      left -= world.classes[kind++].share;
    }
    std::iota(order.begin(), order.end(), 0);
    double start = uniform(rng);
    for (int attempt = 0; attempt < attempts; ++attempt) {
      std::size_t drawn = at(start);
      if (draws == Draws::independent) start = uniform(rng);
      if (draws == Draws::walk) start += 1 / static_cast<double>(world.grid.size());
      if (draws == Draws::distinct) {
        const auto from = static_cast<std::size_t>(attempt) % order.size();
        boost::random::uniform_int_distribution<std::size_t> pick(from, order.size() - 1);
        std::swap(order[from], order[pick(rng)]);
        drawn = order[from];
      }
      each(task, play(world, world.classes[kind], drawn, rng));
    }
  }
}

}  // namespace

World::Truth World::truth(double threshold) const {
  const double caught = reach(after_error, threshold);
  const double raised = reach(otherwise, threshold);
  Truth truth;
  for (const auto& kind : classes) {
    // [stands wrong before][strong before]: probability, and the same times survival.
    double chance[2][2] = {{1, 0}, {0, 0}};
    double alive[2][2] = {{kind.base, 0}, {0, 0}};
    double usd = 0;
    for (int turn = 1; turn <= turns; ++turn) {
      double next_chance[2][2] = {};
      double next_alive[2][2] = {};
      for (int wrong = 0; wrong < 2; ++wrong) {
        for (int strong = 0; strong < 2; ++strong) {
          const double more = wrong != 0 ? drag : 0;
          const double weak_errs = std::min(1.0, kind.weak + more);
          const double strong_errs = std::min(1.0, kind.strong + more);
          const double up = weak_errs * caught + (1 - weak_errs) * raised;
          const double left_wrong = weak_errs * (1 - caught);
          const double p[2][2] = {{1 - up - left_wrong, up * (1 - strong_errs)},
                                  {left_wrong, up * strong_errs}};
          usd += chance[wrong][strong] * turn *
                 (weak_cost + up * (strong != 0 ? strong_warm : strong_cold));
          for (int w = 0; w < 2; ++w) {
            for (int s = 0; s < 2; ++s) {
              next_chance[w][s] += chance[wrong][strong] * p[w][s];
              next_alive[w][s] += alive[wrong][strong] * p[w][s] * (w != 0 ? 1 - damage : 1);
            }
          }
        }
      }
      std::copy(&next_chance[0][0], &next_chance[0][0] + 4, &chance[0][0]);
      std::copy(&next_alive[0][0], &next_alive[0][0] + 4, &alive[0][0]);
    }
    truth.usd += kind.share * usd;
    truth.resolved += kind.share * std::accumulate(&alive[0][0], &alive[0][0] + 4, 0.0);
  }
  return truth;
}

std::size_t World::best() const {
  std::size_t best = grid.size();
  for (std::size_t k = 0; k < grid.size(); ++k) {
    if (truth(grid[k]).resolved < target) continue;
    if (best == grid.size() || truth(grid[k]).usd < truth(grid[best]).usd) best = k;
  }
  return best;
}

ExplorationLog explore(const World& world, int tasks, int attempts, Draws draws,
                       std::uint64_t seed) {
  ExplorationLog log;
  log.grid = world.grid;
  log.probs = world.probs;
  log.simulated = true;
  play_all(world, tasks, attempts, draws, seed, [&](int task, const OneRun& played) {
    if (log.tasks.size() == static_cast<std::size_t>(task)) {
      log.tasks.push_back("t" + std::to_string(task));
    }
    ExploredRun run;
    run.id = std::to_string(log.runs.size());
    run.task = static_cast<std::size_t>(task);
    run.drawn = played.drawn;
    run.resolved = played.resolved;
    run.turns = world.turns;
    double usd = 0;
    int strong = 0;
    for (std::size_t k = 0; k < log.grid.size(); ++k) run.consistent |= ThresholdSet{1} << k;
    for (const auto& turn : played.turns) {
      usd += turn.usd;
      strong += turn.escalated ? 1 : 0;
      for (std::size_t k = 0; k < log.grid.size(); ++k) {
        if ((turn.score >= log.grid[k]) != turn.escalated)
          run.consistent &= ~(ThresholdSet{1} << k);
      }
    }
    run.strong_turns = strong;
    run.cost = std::llround(usd * 1e12);
    log.runs.push_back(std::move(run));
  });
  return log;
}

std::string explore_to_jsonl(const World& world, int tasks, int attempts, Draws draws,
                             std::uint64_t seed) {
  using nlohmann::json;
  std::string text = json({{"type", "meta"},
                           {"grid", world.grid},
                           {"grid_probs", world.probs},
                           {"world", world.name},
                           {"max_turns", world.turns},
                           {"simulated", true},
                           {"seed", seed}})
                         .dump() +
                     "\n";
  int id = 0;
  play_all(world, tasks, attempts, draws, seed, [&](int task, const OneRun& played) {
    double usd = 0;
    for (const auto& turn : played.turns) usd += turn.usd;
    text += json({{"type", "run"},
                  {"run", id},
                  {"task", "t" + std::to_string(task)},
                  {"config", "cascade"},
                  {"threshold", world.grid[played.drawn]},
                  {"resolved", played.resolved},
                  {"turns", world.turns},
                  {"cost", usd}})
                .dump() +
            "\n";
    for (std::size_t t = 0; t < played.turns.size(); ++t) {
      const auto& turn = played.turns[t];
      text += json({{"type", "turn"},
                    {"run", id},
                    {"turn", t + 1},
                    {"score", turn.score},
                    {"escalated", turn.escalated},
                    {"cost", turn.usd}})
                  .dump() +
              "\n";
    }
    ++id;
  });
  return text;
}

const std::vector<World>& fixed_worlds() {
  static const std::vector<World> worlds = [] {
    std::vector<World> made;
    made.push_back(make("short_clear", 9, classes_around(0.15, 0.05, 1.0, 0.95), 4, 2, 2, 5, 0.2));
    made.back().damage = 0.3;
    aim(made.back(), 0.7);
    made.push_back(make("short_dim", 9, classes_around(0.15, 0.05, 1.2, 0.95), 3, 2, 2, 3, 0.1));
    made.back().damage = 0.3;
    aim(made.back(), 0.6);
    made.push_back(make("long", 36, classes_around(0.10, 0.03, 1.0, 0.95), 4, 2, 2, 5, 0.3));
    made.back().damage = 0.12;
    made.back().drag = 0.05;
    aim(made.back(), 0.7);
    made.push_back(make("breaking", 9, classes_around(0.06, 0.05, 0.8, 0.97), 5, 2, 2, 5, 0.2));
    made.back().damage = 0.25;
    aim(made.back(), 0.5);
    made.push_back(made[0]);
    made.back().name = "edge";
    made.back().target = made[0].truth(0.6).resolved + 1e-6;
    made.push_back(made[2]);
    made.back().name = "uneven";
    made.back().probs = {0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05};
    return made;
  }();
  return worlds;
}

World random_world(std::uint64_t seed) {
  Rng rng(seed);
  const int lengths[] = {6, 9, 18, 36};
  const int turns = lengths[boost::random::uniform_int_distribution<int>(0, 3)(rng)];
  const double errors = mixed(rng, 0.8, 2.5);  // of the weak model, per run
  const double weak = std::min(0.35, errors / turns);
  const double strong = weak * mixed(rng, 0.15, 0.8);
  World world = make("random_" + std::to_string(seed), turns,
                     classes_around(weak, strong, mixed(rng, 0.4, 1.6), mixed(rng, 0.85, 1.0)),
                     mixed(rng, 2.5, 5), mixed(rng, 1.5, 2.5), mixed(rng, 1.5, 2.5),
                     mixed(rng, 2.5, 5), mixed(rng, 0, 0.6));
  world.damage = mixed(rng, 0.15, 0.4);
  world.drag = mixed(rng, 0, 0.1);
  world.strong_cold = mixed(rng, 2e-3, 8e-3);
  aim(world, mixed(rng, 0.3, 0.85));
  return world;
}

}  // namespace weir
