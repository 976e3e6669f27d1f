#include "harness/calibration/calibrate_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "harness/calibration/log_checks.hpp"
#include "results/statistics/bootstrap.hpp"
#include "tasks/error.hpp"

namespace weir {
namespace {

constexpr int kAbstentionResamples = 200;
constexpr double kLevel = 0.95;

double rate_of(const PlainArm& arm) {
  return static_cast<double>(arm.resolved) / arm.runs;
}

/// base + F (strong - base), the base the arm that costs less a run.
void use_gap(const ExplorationLog& log, double share, LogCalibration& found) {
  if (log.plain_arms.size() != 2) {
    throw UserError(fmt::format(
        "--target gap:{}: needs the runs of two plain arms, base and strong, beside the explored "
        "ones; there are {}. Give a resolve rate instead",
        share, log.plain_arms.size()));
  }
  const PlainArm* base = &log.plain_arms[0];
  const PlainArm* strong = &log.plain_arms[1];
  const auto mean_cost = [](const PlainArm* arm) { return arm->usd / arm->runs; };
  if (!base->priced || !strong->priced || mean_cost(base) == mean_cost(strong)) {
    throw UserError(
        fmt::format("--target gap:{}: the base is the cheaper of \"{}\" and \"{}\", and their "
                    "costs do not tell which that is. Give a resolve rate instead",
                    share, base->config, strong->config));
  }
  if (mean_cost(base) > mean_cost(strong)) std::swap(base, strong);
  found.target = rate_of(*base) + share * (rate_of(*strong) - rate_of(*base));
  found.gap = fmt::format("{} + {} of the way to {}", base->config, share, strong->config);
}

/// Columns of one threshold, tasks counting alike: w, w R, w cost.
void add_columns(const ExplorationLog& log, const std::vector<std::size_t>& runs, std::size_t k,
                 std::vector<double>& row) {
  double sums[3] = {};
  for (const std::size_t i : runs) {
    const ExploredRun& run = log.runs[i];
    if (!run.cost) continue;
    const double w = weight(log, run, k) / static_cast<double>(runs.size());
    sums[0] += w;
    sums[1] += *run.resolved ? w : 0;
    sums[2] += w * static_cast<double>(*run.cost) / 1e12;
  }
  row.insert(row.end(), sums, sums + 3);
}

std::optional<BlindControl> blind_control(const ExplorationLog& log, const LogCalibration& found,
                                          const CalibrationRequest& request) {
  const auto& estimates = found.estimates;
  const auto by_cost = [](const ThresholdEstimate& a, const ThresholdEstimate& b) {
    return a.usd->value < b.usd->value;
  };
  const auto [low, high] = std::minmax_element(estimates.begin(), estimates.end(), by_cost);
  if (low->usd->value >= high->usd->value) return {};
  std::vector<std::vector<double>> rows;
  for (const auto& runs : log.known_by_task()) {
    std::vector<double> row;
    add_columns(log, runs, static_cast<std::size_t>(low - estimates.begin()), row);
    add_columns(log, runs, static_cast<std::size_t>(high - estimates.begin()), row);
    add_columns(log, runs, *found.chosen, row);
    rows.push_back(std::move(row));
  }
  // Sums: tasks; then w, w R, w cost of the cheapest, the dearest and the chosen one.
  const auto blind = [](const ClusterBootstrap::Sums& sums) -> std::optional<double> {
    if (sums[1] <= 0 || sums[4] <= 0 || sums[7] <= 0) return {};
    const double width = sums[6] / sums[4] - sums[3] / sums[1];
    if (width <= 0) return {};
    const double up = (sums[9] / sums[7] - sums[3] / sums[1]) / width;
    return (1 - up) * sums[2] / sums[1] + up * sums[5] / sums[4];
  };
  const auto gain = [&](const ClusterBootstrap::Sums& sums) -> std::optional<double> {
    const auto other = blind(sums);
    if (!other) return {};
    return sums[8] / sums[7] - *other;
  };
  const ClusterBootstrap bootstrap(rows, request.resamples / 5, request.seed);
  const auto resolved = bootstrap.value(blind);
  if (!resolved) return {};
  return BlindControl{*resolved, bootstrap.value(gain).value_or(0), bootstrap.bca(gain)};
}

std::vector<double> column(const std::vector<ThresholdEstimate>& estimates, bool usd) {
  std::vector<double> values;
  for (const auto& estimate : estimates) {
    values.push_back(usd ? estimate.usd->value : estimate.strong_turns.value_or(0));
  }
  return values;
}

/// The best threshold whose cost's upper limit keeps the budget.
std::optional<std::size_t> best_within(const std::vector<ThresholdEstimate>& estimates,
                                       double budget) {
  std::optional<std::size_t> best;
  for (std::size_t k = 0; k < estimates.size(); ++k) {
    if (estimates[k].usd->band.high > budget || estimates[k].ess < kLeastTasks) continue;
    if (!best || estimates[k].resolved.value > estimates[*best].resolved.value) best = k;
  }
  return best;
}

std::size_t most_useful(const std::vector<ThresholdEstimate>& estimates, double value) {
  const auto utility = [&](const ThresholdEstimate& estimate) {
    return value * estimate.resolved.value - estimate.usd->value;
  };
  return static_cast<std::size_t>(
      std::max_element(estimates.begin(), estimates.end(),
                       [&](const auto& a, const auto& b) { return utility(a) < utility(b); }) -
      estimates.begin());
}

void certify_both(const ExplorationLog& log, const CalibrationRequest& request,
                  LogCalibration& found) {
  Promise promise{*found.target, request.delta, Guarantee::finite_sample, request.seed};
  const auto cost = column(found.estimates, true);
  const auto escalations = column(found.estimates, false);
  found.finite_sample = certify(log, promise);
  found.finite_choice = cheapest(found.finite_sample, cost, escalations);
  promise.guarantee = Guarantee::asymptotic;
  found.asymptotic = certify(log, promise);
  found.asymptotic_choice = cheapest(found.asymptotic, cost, escalations);
  promise.guarantee = request.guarantee;
  found.chosen =
      request.guarantee == Guarantee::finite_sample ? found.finite_choice : found.asymptotic_choice;
  found.certified = found.chosen.has_value();
  found.abstention = abstention_rate(log, promise, kAbstentionResamples);
  if (found.missing > 0 && !request.missing_unresolved) {
    ExplorationLog bounded = log;
    count_missing_as_unresolved(bounded);
    found.bounded_choice = cheapest(certify(bounded, promise), cost, escalations);
  }
  if (found.chosen) return;
  std::vector<double> rates;
  for (const auto& estimate : found.estimates) rates.push_back(estimate.resolved.value);
  found.tasks_needed = tasks_needed(log, promise, rates);
}

/// Bands that hold at 95 % among such logs as certify anything: missing shares of all logs
/// must be that much smaller.
void allow_for_abstention(const ExplorationLog& log, const CalibrationRequest& request,
                          LogCalibration& found) {
  constexpr double kLeastChoosing = 0.01;
  const double choosing = std::max(kLeastChoosing, 1 - found.abstention.value_or(0));
  if (choosing > 0.99) return;
  found.estimates =
      estimate_thresholds(log, {request.resamples, request.seed, 1 - (1 - kLevel) * choosing});
}

}  // namespace

bool LogCalibration::shows_estimates() const {
  return abstention.value_or(0) <= kMostAbstention;
}

Target parse_target(const std::string& text) {
  Target target;
  std::string_view number = text;
  if (number.rfind("gap:", 0) == 0) {
    target.of_gap = true;
    number.remove_prefix(4);
  }
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), target.value);
  if (error != std::errc() || end != number.data() + number.size() ||
      !(target.value >= 0 && target.value <= 1)) {
    throw UserError(fmt::format(
        "--target {}: must be a resolve rate in [0,1], or gap:F with F in [0,1]", text));
  }
  return target;
}

LogCalibration calibrate_log(ExplorationLog log, const CalibrationRequest& request) {
  LogCalibration found;
  found.tasks = log.tasks.size();
  found.runs = log.runs.size();
  for (const auto& run : log.runs) {
    found.missing += run.resolved ? 0U : 1U;
    found.in_doubt += run.in_doubt ? 1U : 0U;
    found.exploration_usd += static_cast<double>(run.cost.value_or(0)) / 1e12;
  }
  if (log.spent) found.exploration_usd = static_cast<double>(*log.spent) / 1e12;
  found.benefit = benefit_curves(log.forks);
  found.simulated = log.simulated;
  found.probs = log.probs;
  if (request.missing_unresolved) count_missing_as_unresolved(log);
  level_trees(log);
  if (log.runs.size() == found.missing && !request.missing_unresolved) {
    throw UserError("no run has an outcome");
  }
  found.estimates = estimate_thresholds(log, {request.resamples, request.seed, kLevel});
  check_exploration(log, found.estimates);
  if (!found.estimates.front().usd) {
    throw UserError(
        "some runs have no known cost, and a threshold is chosen by cost: give every run of the "
        "log a \"cost\", or calibrate with --prices that know all of a run's models");
  }
  if (request.target && !request.target->of_gap) found.target = request.target->value;
  if (request.target && request.target->of_gap) use_gap(log, request.target->value, found);
  if (request.objective == Objective::max_quality) {
    found.chosen = best_within(found.estimates, request.budget_usd.value_or(0));
  } else if (request.objective == Objective::max_utility) {
    found.chosen = most_useful(found.estimates, request.value_usd.value_or(0));
  } else if (found.target) {
    found.validated = cross_validate(log, *found.target, request.seed);
    certify_both(log, request, found);
    allow_for_abstention(log, request, found);
  }
  if (found.certified) found.blind = blind_control(log, found, request);
  return found;
}

}  // namespace weir
