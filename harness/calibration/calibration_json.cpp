#include "harness/calibration/calibration_json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/statistics/discrimination.hpp"

namespace weir {
namespace {

using nlohmann::json;

template <typename T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

json json_of(const Interval& interval) {
  return {interval.low, interval.high};
}

json json_of(const ThresholdMean& mean) {
  return {{"value", mean.value},
          {"plain", mean.plain},
          {"error", mean.error},
          {"low", mean.band.low},
          {"high", mean.band.high}};
}

json test_json(const Certification& certification, std::size_t k) {
  if (certification.tests.empty()) return {};
  const ThresholdTest& test = certification.tests[k];
  return {{"method", name_of(test.method)},
          {"p", test.p},
          {"tasks", test.tasks},
          {"share", certification.shares[k]},
          {"certified", static_cast<bool>(certification.certified[k])}};
}

json threshold_json(const LogCalibration& found, std::size_t k) {
  const ThresholdEstimate& estimate = found.estimates[k];
  return {{"threshold", estimate.threshold},
          {"probability", found.probs[k]},
          {"resolved", json_of(estimate.resolved)},
          {"resolved_bounds", {estimate.resolved_low, estimate.resolved_high}},
          {"cost_usd", json_of(*estimate.usd)},
          {"turns", or_null(estimate.turns)},
          {"strong_turns", or_null(estimate.strong_turns)},
          {"ess_tasks", estimate.ess},
          {"max_weight", estimate.max_weight},
          {"mean_weight", estimate.mean_weight},
          {"mean_weight_error", estimate.mean_weight_error},
          {"support", estimate.support},
          {"finite_sample", test_json(found.finite_sample, k)},
          {"asymptotic", test_json(found.asymptotic, k)}};
}

json threshold_at(const LogCalibration& found, const std::optional<std::size_t>& k) {
  return k ? json(found.estimates[*k].threshold) : json();
}

/// Non-dominated thresholds, cheapest first: quality is a rate, cost a mean per run.
json log_frontier(const LogCalibration& found) {
  std::vector<const ThresholdEstimate*> order;
  for (const auto& estimate : found.estimates) order.push_back(&estimate);
  std::sort(order.begin(), order.end(),
            [](const auto* a, const auto* b) { return a->usd->value < b->usd->value; });
  json frontier = json::array();
  double best = -1;
  for (const auto* estimate : order) {
    if (estimate->resolved.value <= best) continue;
    best = estimate->resolved.value;
    frontier.push_back({{"threshold", estimate->threshold},
                        {"quality", estimate->resolved.value},
                        {"quality_band", json_of(estimate->resolved.band)},
                        {"cost_usd", estimate->usd->value},
                        {"cost_band", json_of(estimate->usd->band)}});
  }
  return frontier;
}

/// The cheapest threshold whose estimate reaches the target: uncertified.
json log_in_sample(const LogCalibration& found) {
  const ThresholdEstimate* best = nullptr;
  for (const auto& estimate : found.estimates) {
    if (!found.target || estimate.resolved.value < *found.target) continue;
    if (best == nullptr || estimate.usd->value < best->usd->value) best = &estimate;
  }
  if (best == nullptr) return {};
  return {{"threshold", best->threshold},
          {"quality", best->resolved.value},
          {"cost_usd", best->usd->value}};
}

json number_or_inf(double threshold) {
  if (std::isinf(threshold)) return "inf";
  if (threshold == std::floor(threshold) && std::abs(threshold) < 9e15) {
    return static_cast<std::int64_t>(threshold);
  }
  return threshold;
}

double usd(Picodollars cost) {
  return static_cast<double>(std::llround(static_cast<double>(cost) / 1e4)) / 1e8;
}

json cost_json(const CascadePoint& point, const PairedTasks& pairs) {
  return pairs.priced ? json(usd(point.cost)) : json();
}

json sum_json(const CascadePoint& point, const PairedTasks& pairs) {
  return {{"resolved", point.resolved}, {"cost_usd", cost_json(point, pairs)}};
}

json point_json(const CascadePoint& point, const PairedTasks& pairs) {
  const std::size_t n = pairs.tasks.size();
  json out = {{"threshold", number_or_inf(point.threshold)},
              {"resolved", point.resolved},
              {"quality", static_cast<double>(point.resolved) / static_cast<double>(n)},
              {"cost_usd", cost_json(point, pairs)},
              {"escalated", point.escalated}};
  if (point.second) out["second_threshold"] = number_or_inf(*point.second);
  return out;
}

json points_json(const std::vector<CascadePoint>& points, const PairedTasks& pairs) {
  json out = json::array();
  for (const auto& point : points) out.push_back(point_json(point, pairs));
  return out;
}

json control_json(const PermutedControl& control) {
  const auto end = [](double value) { return std::isfinite(value) ? json(value) : json(); };
  json out = {{"permutations", control.permutations},
              {"reached", control.reached},
              {"cost_usd", or_null(control.cost_usd)},
              {"cost_range", {end(control.cost.low), end(control.cost.high)}},
              {"gain_usd", or_null(control.gain_usd)},
              {"gain_interval", {end(control.gain.low), end(control.gain.high)}},
              {"p", control.p},
              {"gain", !control.no_gain()}};
  return out;
}

json certificate_json(const PairedCertificate& certificate, const PairedCalibration& found,
                      const CalibrationRequest& request) {
  json grid = json::array();
  for (std::size_t k = 0; k < certificate.grid.size(); ++k) {
    grid.push_back({{"threshold", number_or_inf(certificate.grid[k])},
                    {"p", certificate.p[k]},
                    {"certified", static_cast<bool>(certificate.certified[k])}});
  }
  const auto& chosen = certificate.chosen;
  return {{"certified", chosen.has_value()},
          {"threshold", chosen ? number_or_inf(certificate.grid[*chosen]) : json()},
          {"target", *found.target},
          {"delta", request.delta},
          {"guarantee", "finite-sample"},
          {"method", name_of(ThresholdTest::Method::exact)},
          {"tasks", certificate.tasks},
          {"grid", grid},
          {"tasks_needed", chosen ? json() : or_null(certificate.tasks_needed)}};
}

json benefit_json(const BenefitCurve& curve) {
  json bins = json::array();
  for (const auto& bin : curve.bins) {
    bins.push_back({{"low", bin.low},
                    {"high", bin.high},
                    {"forks", bin.forks},
                    {"missing", bin.missing},
                    {"tasks", bin.tasks},
                    {"resolved", bin.resolved},
                    {"interval", bin.interval ? json_of(*bin.interval) : json()},
                    {"lowest", bin.lowest},
                    {"highest", bin.highest},
                    {"usd", or_null(bin.usd)}});
  }
  return {{"signal", curve.signal}, {"bins", bins}};
}

json curve_json(const RouterCurve& curve, bool between) {
  return {{"points", curve.points.size()},
          {"auc", curve.auc},
          {"apgr", or_null(curve.apgr)},
          {"cpt",
           {{"20", or_null(call_share_for(curve, 20, between))},
            {"50", or_null(call_share_for(curve, 50, between))},
            {"80", or_null(call_share_for(curve, 80, between))}}}};
}

}  // namespace

json json_of(const LogCalibration& found, const CalibrationRequest& request) {
  json grid = json::array();
  for (std::size_t k = 0; k < found.estimates.size(); ++k) grid.push_back(threshold_json(found, k));
  json out = {{"design", "random_threshold"},
              {"simulated", found.simulated},
              {"tasks", found.tasks},
              {"n", found.runs},
              {"missing", found.missing},
              {"in_doubt", found.in_doubt},
              {"target", or_null(found.target)},
              {"delta", request.delta},
              {"guarantee", name_of(request.guarantee)},
              {"grid", grid},
              {"frontier", log_frontier(found)},
              {"in_sample", log_in_sample(found)},
              {"exploration_usd", found.exploration_usd},
              {"gap", found.gap},
              {"choice", threshold_at(found, found.chosen)},
              {"abstention_rate", or_null(found.abstention)}};
  out["benefit"] = json::array();
  for (const auto& curve : found.benefit) out["benefit"].push_back(benefit_json(curve));
  out["hull"] = json::array();
  std::vector<CostQuality> points;
  for (const auto& each : found.estimates) {
    points.emplace_back(each.usd->value, each.resolved.value);
  }
  for (const auto& [usd, quality] : concave_hull(points).points) {
    out["hull"].push_back({{"cost_usd", usd}, {"quality", quality}});
  }
  out["cross_validated"] = json();
  if (found.validated) {
    out["cross_validated"] = {{"folds", found.validated->folds},
                              {"quality", found.validated->resolved},
                              {"error", found.validated->error},
                              {"cost_usd", found.validated->usd},
                              {"out_of_reach", found.validated->out_of_reach}};
  }
  out["null_control"] = json();
  if (found.blind) {
    out["null_control"] = {
        {"name", "blind mixture"}, {"quality", found.blind->resolved}, {"gain", found.blind->gain}};
    if (found.blind->interval) {
      out["null_control"]["gain_interval"] = json_of(*found.blind->interval);
    }
  }
  out["certificate"] = {{"certified", found.certified},
                        {"threshold", found.certified ? threshold_at(found, found.chosen) : json()},
                        {"with_missing_unresolved", threshold_at(found, found.bounded_choice)},
                        {"finite_sample", threshold_at(found, found.finite_choice)},
                        {"asymptotic", threshold_at(found, found.asymptotic_choice)},
                        {"target", or_null(found.target)},
                        {"delta", request.delta},
                        {"guarantee", name_of(request.guarantee)},
                        {"tasks_needed", or_null(found.tasks_needed)}};
  return out;
}

json json_of(const PairedCalibration& found, const CalibrationRequest& request) {
  const PairedTasks& pairs = found.pairs;
  const std::size_t n = pairs.tasks.size();
  json out = {{"design", "paired"},
              {"simulated", pairs.simulated},
              {"n", n},
              {"left_out", pairs.left_out},
              {"base", sum_json(base_only(pairs), pairs)},
              {"strong", sum_json(strong_only(pairs), pairs)},
              {"perfect_verifier", sum_json(perfect_verifier(pairs), pairs)},
              {"oracle_router", sum_json(oracle_router(pairs), pairs)},
              {"signal", pairs.signals},
              {"candidates", found.candidates},
              {"frontier", points_json(found.frontier, pairs)},
              {"hull", points_json(found.hull, pairs)},
              {"minimum_detectable", found.minimum_detectable},
              {"target", or_null(found.target)}};
  out["in_sample"] = found.in_sample ? point_json(*found.in_sample, pairs) : json();
  out["null_control"] = found.null_control ? control_json(*found.null_control) : json();
  out["cross_validated"] = json();
  if (found.cross_validated) {
    out["cross_validated"] = {
        {"folds", found.cross_validated->folds},
        {"quality", found.cross_validated->quality},
        {"error", found.cross_validated->error},
        {"cost_usd", pairs.priced ? json(found.cross_validated->cost_usd) : json()},
        {"escalated", found.cross_validated->escalated}};
  }
  out["certificate"] =
      found.certificate ? certificate_json(*found.certificate, found, request) : json();
  if (pairs.signals.size() == 1) {
    out["router_curve"] = {{"exact", curve_json(exact_curve(pairs), false)},
                           {"q10", curve_json(binned_curve(pairs), true)}};
  }
  return out;
}

json json_of(const ExplorationLog& log, const std::vector<TurnwiseEstimate>& estimates) {
  json frontier = json::array();
  for (const auto& each : estimates) {
    frontier.push_back({{"threshold", number_or_inf(each.threshold)},
                        {"quality", or_null(each.resolved)},
                        {"quality_error", each.resolved ? json(each.resolved_error) : json()},
                        {"cost_usd", or_null(each.usd)},
                        {"ess", each.ess},
                        {"max_weight", each.max_weight},
                        {"mean_weight", each.mean_weight}});
  }
  return {{"design", "per_turn"},       {"simulated", log.simulated},
          {"tasks", log.tasks.size()},  {"n", log.runs.size()},
          {"frontier", frontier},       {"in_sample", json()},
          {"null_control", json()},     {"certificate", {{"certified", false}, {"threshold", json()}}}};
}

json claim_of(const LogCalibration& found, const CalibrationRequest& request) {
  json claim = {{"threshold", threshold_at(found, found.chosen)},
                {"k", json()},
                {"resolve_ci", json()},
                {"cost_ci", json()},
                {"resolve_lcb", json()},
                {"target", or_null(found.target)},
                {"delta", request.delta},
                {"guarantee", name_of(request.guarantee)},
                {"simulated", found.simulated}};
  if (!found.chosen) return claim;
  const ThresholdEstimate& estimate = found.estimates[*found.chosen];
  claim["resolve_ci"] = json_of(estimate.resolved.band);
  claim["cost_ci"] = json_of(estimate.usd->band);
  if (found.certified) claim["resolve_lcb"] = or_null(found.target);
  return claim;
}

json claim_of(const PairedCalibration& found, const CalibrationRequest& request) {
  json claim = {{"threshold", json()},
                {"k", json()},
                {"resolve_ci", json()},
                {"cost_ci", json()},
                {"resolve_lcb", json()},
                {"target", or_null(found.target)},
                {"delta", request.delta},
                {"guarantee", "finite-sample"},
                {"simulated", found.pairs.simulated}};
  if (!found.certificate || !found.certificate->chosen) return claim;
  claim["threshold"] = number_or_inf(found.certificate->grid[*found.certificate->chosen]);
  claim["resolve_lcb"] = or_null(found.target);
  return claim;
}

}  // namespace weir
