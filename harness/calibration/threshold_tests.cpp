#include "harness/calibration/threshold_tests.hpp"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

using Tasks = std::vector<std::vector<std::size_t>>;

constexpr double kScoutShare = 0.025;
constexpr std::size_t kFewestScouts = 10;
constexpr double kPriorTasks = 20;    ///< that a guess before all data counts for
constexpr double kPriorSlope = 0.3;   ///< of a run's outcome on its task's other runs
constexpr double kPriorVariance = 0.5;
constexpr double kMostAtStake = 0.9;  ///< of the stake, that one task may lose
/// Stakes cost more than exact counting at the same spread: sqrt(2 log(1/d)) for a normal
/// quantile, and what learning the spread takes.
constexpr double kBettingPrice = 1.75;

/// The tasks that have a known outcome, in an order that knows nothing of them.
Tasks shuffled_tasks(const ExplorationLog& log, std::uint64_t seed) {
  Tasks tasks;
  for (auto& runs : log.runs_by_task()) {
    std::erase_if(runs, [&](std::size_t i) { return !log.runs[i].resolved; });
    if (!runs.empty()) tasks.push_back(std::move(runs));
  }
  boost::random::mt19937_64 rng(seed);
  for (std::size_t i = tasks.size(); i > 1; --i) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, i - 1);
    std::swap(tasks[i - 1], tasks[pick(rng)]);
  }
  return tasks;
}

double outcome(const ExploredRun& run) {
  return *run.resolved && !run.in_doubt ? 1 : 0;
}

ThresholdTest exact_test(const ExplorationLog& log, const Tasks& tasks, std::size_t k,
                         double target) {
  ThresholdTest test;
  int fails = 0;
  for (const auto& runs : tasks) {
    const auto own = std::find_if(runs.begin(), runs.end(),
                                  [&](std::size_t i) { return log.runs[i].drawn == k; });
    if (own == runs.end()) continue;
    ++test.tasks;
    if (outcome(log.runs[*own]) == 0) ++fails;
  }
  if (test.tasks > 0) test.p = binomial_cdf(fails, test.tasks, 1 - target);
  return test;
}

/// The largest stake that betting against "mean <= target" reached, from 1.
ThresholdTest betting_test(const ExplorationLog& log, const Tasks& tasks, std::size_t k,
                           double target, double delta) {
  const auto values = controlled_outcomes(log, k, tasks, target);
  const auto n = static_cast<double>(values.size());
  double log_stake = 0;
  double best = 0;
  double squares = kPriorVariance * kPriorTasks;
  double seen = kPriorTasks;
  double sum = target * kPriorTasks;
  for (const auto& [value, lowest] : values) {
    const double most = kMostAtStake / (target - lowest);
    const double bet = std::min(std::sqrt(2 * std::log(1 / delta) * seen / (n * squares)), most);
    log_stake += std::log1p(bet * (value - target));
    best = std::max(best, log_stake);
    const double mean = sum / seen;
    squares += (value - mean) * (value - mean);
    sum += value;
    seen += 1;
  }
  ThresholdTest test;
  test.method = ThresholdTest::Method::betting;
  test.tasks = static_cast<int>(values.size());
  test.p = std::exp(-best);
  return test;
}

/// Whether the scouts' spread promises more to betting than to exact counting.
bool should_bet(const ExplorationLog& log, const Tasks& scouts, std::size_t k, double target) {
  double squares = 0;
  double own = 0;
  for (const auto& runs : scouts) {
    double sum = 0;
    bool drew = false;
    for (const std::size_t i : runs) {
      const double w = weight(log, log.runs[i], k);
      sum += w * w * target * (1 - target) / static_cast<double>(runs.size());
      drew = drew || log.runs[i].drawn == k;
    }
    squares += sum / static_cast<double>(runs.size());
    own += drew ? 1 : 0;
  }
  const auto n = static_cast<double>(scouts.size());
  const double counting = target * (1 - target) / std::max(own / n, 0.5 / n);
  return squares / n * kBettingPrice * kBettingPrice < counting;
}

ThresholdTest asymptotic_test(const ExplorationLog& log, const Tasks& tasks, std::size_t k,
                              double target) {
  const auto values = controlled_outcomes(log, k, tasks, target);
  ThresholdTest test;
  test.method = ThresholdTest::Method::asymptotic;
  test.tasks = static_cast<int>(values.size());
  const auto n = static_cast<double>(values.size());
  if (n < 2) return test;
  double sum = 0;
  double squares = 0;
  for (const auto& each : values) sum += each.value;
  const double mean = sum / n;
  for (const auto& each : values) squares += (each.value - mean) * (each.value - mean);
  const double error = std::sqrt(squares / (n - 1) / n);
  if (error > 0) test.p = 1 - t_cdf((mean - target) / error, n - 1);
  return test;
}

/// A guess of a run's outcome from earlier tasks and, where allowed, its siblings.
class OutcomeGuess {
 public:
  explicit OutcomeGuess(double start) : sum_(start * kPriorTasks) {}

  [[nodiscard]] double of(std::optional<double> siblings) const {
    const double mean = sum_ / count_;
    if (!siblings) return std::clamp(mean, 0.0, 1.0);
    return std::clamp(mean + products_ / squares_ * (*siblings - mean), 0.0, 1.0);
  }
  /// The least that the mean of w (R - m) + m over `runs` runs can be, w up to `most`: with
  /// so many unresolved as is worst, all of them weighted, and the others not.
  [[nodiscard]] double lowest(std::size_t runs, double most, bool siblings) const {
    double worst = 0;
    for (std::size_t fails = 1; fails <= runs; ++fails) {
      const auto others = siblings && runs > 1
                              ? std::optional(static_cast<double>(runs - fails) /
                                              static_cast<double>(runs - 1))
                              : std::nullopt;
      worst = std::min(worst, static_cast<double>(fails) * of(others) * (1 - most));
    }
    return worst / static_cast<double>(runs);
  }
  void learn(double outcome, std::optional<double> siblings) {
    if (siblings) {
      const double mean = sum_ / count_;
      squares_ += (*siblings - mean) * (*siblings - mean);
      products_ += (*siblings - mean) * (outcome - mean);
    }
    sum_ += outcome;
    count_ += 1;
  }

 private:
  double sum_;
  double count_ = kPriorTasks;
  double squares_ = kPriorTasks * 0.25;
  double products_ = kPriorTasks * 0.25 * kPriorSlope;
};

/// The mean outcome of a task's other runs.
std::optional<double> others(double total, double own, std::size_t runs) {
  if (runs < 2) return {};
  return (total - own) / static_cast<double>(runs - 1);
}

}  // namespace

std::string_view name_of(ThresholdTest::Method method) {
  switch (method) {
    case ThresholdTest::Method::exact: return "exact binomial";
    case ThresholdTest::Method::betting: return "betting";
    case ThresholdTest::Method::asymptotic: break;
  }
  return "clustered, asymptotic";
}

std::vector<ControlledOutcome> controlled_outcomes(const ExplorationLog& log, std::size_t k,
                                                   const Tasks& tasks, double guess) {
  std::vector<ControlledOutcome> values;
  OutcomeGuess guesser(guess);
  for (const auto& runs : tasks) {
    double total = 0;
    for (const std::size_t i : runs) total += outcome(log.runs[i]);
    const auto siblings = [&](std::size_t i) {
      return log.independent_draws ? others(total, outcome(log.runs[i]), runs.size())
                                   : std::nullopt;
    };
    double sum = 0;
    for (const std::size_t i : runs) {
      const double m = guesser.of(siblings(i));
      sum += weight(log, log.runs[i], k) * (outcome(log.runs[i]) - m) + m;
    }
    values.push_back({sum / static_cast<double>(runs.size()),
                      guesser.lowest(runs.size(), 1 / log.probs[k], log.independent_draws)});
    for (const std::size_t i : runs) guesser.learn(outcome(log.runs[i]), siblings(i));
  }
  return values;
}

std::vector<ThresholdTest> test_thresholds(const ExplorationLog& log, double target, double delta,
                                           Guarantee guarantee, std::uint64_t seed) {
  Tasks tasks = shuffled_tasks(log, seed);
  std::vector<ThresholdTest> tests;
  if (guarantee == Guarantee::asymptotic) {
    for (std::size_t k = 0; k < log.grid.size(); ++k) {
      tests.push_back(asymptotic_test(log, tasks, k, target));
    }
    return tests;
  }
  const auto share = static_cast<std::size_t>(kScoutShare * static_cast<double>(tasks.size()));
  const std::size_t scouting = std::min(std::max(share, kFewestScouts), tasks.size());
  const Tasks scouts(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(scouting));
  tasks.erase(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(scouting));
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    tests.push_back(should_bet(log, scouts, k, target) ? betting_test(log, tasks, k, target, delta)
                                                       : exact_test(log, tasks, k, target));
  }
  return tests;
}

}  // namespace weir
