#include "harness/calibration/threshold_tests.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/calibration/shuffle.hpp"
#include "harness/seed.hpp"
#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

using Tasks = std::vector<std::vector<std::size_t>>;

constexpr double kScoutShare = 0.025;
constexpr std::size_t kFewestScouts = 10;
constexpr double kPriorTasks = 20;  ///< that a guess before all data counts for
constexpr double kPriorVariance = 0.5;
constexpr double kMostAtStake = 0.9;  ///< of the stake, that one task may lose
/// Stakes cost more than exact counting at the same spread: sqrt(2 log(1/d)) for a normal
/// quantile, and what learning the spread takes.
constexpr double kBettingPrice = 1.75;
// What a normal law needs; below, the exact test.
constexpr int kFewestOfEach = 10;
constexpr double kFewestEffective = 30;

/// The tasks that have a known outcome, in an order that knows nothing of them.
Tasks shuffled_tasks(const ExplorationLog& log, std::uint64_t seed) {
  Tasks tasks = log.known_by_task();
  boost::random::mt19937_64 rng(seed);
  shuffle(tasks, rng);
  return tasks;
}

double outcome(const ExploredRun& run) {
  return *run.resolved && !run.in_doubt ? 1 : 0;
}

/// One of the runs that drew grid[k], whatever order they came in: that may follow outcomes.
std::optional<std::size_t> own_run(const ExplorationLog& log, const std::vector<std::size_t>& runs,
                                   std::size_t k, std::uint64_t seed) {
  std::optional<std::size_t> chosen;
  double least = 1;
  for (const std::size_t i : runs) {
    if (log.runs[i].drawn != k) continue;
    const double place = draw(seed, log.runs[i].id);
    if (chosen && place >= least) continue;
    chosen = i;
    least = place;
  }
  return chosen;
}

ThresholdTest exact_test(const ExplorationLog& log, const Tasks& tasks, std::size_t k,
                         double target, std::uint64_t seed) {
  ThresholdTest test;
  int fails = 0;
  for (const auto& runs : tasks) {
    const auto own = own_run(log, runs, k, seed);
    if (!own) continue;
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
    const double most = kMostAtStake / std::max(target - lowest, 1e-9);
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
  if (squares <= 0) return false;  // they know nothing of it
  const auto n = static_cast<double>(scouts.size());
  const double counting = target * (1 - target) / std::max(own / n, 0.5 / n);
  return squares / n * kBettingPrice * kBettingPrice < counting;
}

/// Whether what carries weight under grid[k] is enough for a normal law.
bool enough_for_normal(const ExplorationLog& log, const Tasks& tasks, std::size_t k) {
  int successes = 0;
  int fails = 0;
  double sum = 0;
  double squares = 0;
  for (const auto& runs : tasks) {
    double of_task = 0;
    for (const std::size_t i : runs) {
      if (!holds(log.runs[i].consistent, k)) continue;
      ++(outcome(log.runs[i]) == 0 ? fails : successes);
      of_task += weight(log, log.runs[i], k) / static_cast<double>(runs.size());
    }
    sum += of_task;
    squares += of_task * of_task;
  }
  return std::min(successes, fails) >= kFewestOfEach && sum * sum >= kFewestEffective * squares;
}

ThresholdTest asymptotic_test(const ExplorationLog& log, const Tasks& tasks, std::size_t k,
                              double target) {
  const auto values = controlled_outcomes(log, k, tasks, target);
  ThresholdTest test;
  test.method = ThresholdTest::Method::asymptotic;
  test.tasks = static_cast<int>(values.size());
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  double squares = 0;
  for (const auto& each : values) sum += each.value;
  const double mean = sum / n;
  for (const auto& each : values) squares += (each.value - mean) * (each.value - mean);
  const double error = std::sqrt(squares / (n - 1) / n);
  if (error > 0) test.p = 1 - t_cdf((mean - target) / error, n - 1);
  return test;
}

}  // namespace

std::string_view name_of(ThresholdTest::Method method) {
  switch (method) {
    case ThresholdTest::Method::exact:
      return "exact binomial";
    case ThresholdTest::Method::betting:
      return "betting";
    case ThresholdTest::Method::asymptotic:
      break;
  }
  return "clustered t";
}

std::string_view name_of(Guarantee guarantee) {
  return guarantee == Guarantee::finite_sample ? "finite-sample" : "asymptotic";
}

std::vector<ControlledOutcome> controlled_outcomes(const ExplorationLog& log, std::size_t k,
                                                   const Tasks& tasks, double guess) {
  std::vector<ControlledOutcome> values;
  double total = guess * kPriorTasks;
  double count = kPriorTasks;
  for (const auto& runs : tasks) {
    const double m = total / count;
    double sum = 0;
    for (const std::size_t i : runs) {
      sum += weight(log, log.runs[i], k) * (outcome(log.runs[i]) - m) + m;
    }
    values.push_back({sum / static_cast<double>(runs.size()), m - m / log.probs[k]});
    for (const std::size_t i : runs) total += outcome(log.runs[i]);
    count += static_cast<double>(runs.size());
  }
  return values;
}

std::vector<ThresholdTest> test_thresholds(const ExplorationLog& log, double target, double delta,
                                           Guarantee guarantee, std::uint64_t seed) {
  Tasks tasks = shuffled_tasks(log, seed);
  std::vector<ThresholdTest> tests;
  if (guarantee == Guarantee::asymptotic) {
    for (std::size_t k = 0; k < log.grid.size(); ++k) {
      tests.push_back(enough_for_normal(log, tasks, k) ? asymptotic_test(log, tasks, k, target)
                                                       : exact_test(log, tasks, k, target, seed));
    }
    return tests;
  }
  const auto share = static_cast<std::size_t>(kScoutShare * static_cast<double>(tasks.size()));
  const std::size_t scouting = std::min(std::max(share, kFewestScouts), tasks.size());
  const Tasks scouts(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(scouting));
  tasks.erase(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(scouting));
  for (std::size_t k = 0; k < log.grid.size(); ++k) {
    tests.push_back(should_bet(log, scouts, k, target) ? betting_test(log, tasks, k, target, delta)
                                                       : exact_test(log, tasks, k, target, seed));
  }
  return tests;
}

}  // namespace weir
