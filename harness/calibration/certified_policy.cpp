#include "harness/calibration/certified_policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "harness/calibration/calibration_report.hpp"
#include "harness/calibration/signal_rates.hpp"
#include "harness/certificates.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// JSON's strings, numbers and flags are TOML's.
std::string toml_of(const json& value) {
  if (value.is_number_float()) return fmt::format("{:.10g}", value.get<double>());
  return value.dump();
}

std::string toml_table(const std::string& name, const json& values) {
  std::string text = fmt::format("\n[{}]\n", name);
  for (const auto& [key, value] : values.items()) {
    if (!value.is_null()) text += fmt::format("{} = {}\n", key, toml_of(value));
  }
  return text;
}

json quality_of(const LogCalibration& found, const CalibrationRequest& request,
                const std::optional<Confirmation>& confirmed) {
  json quality = {{"target", *found.target},
                  {"delta", request.delta},
                  {"guarantee", name_of(request.guarantee)},
                  {"tasks", found.tasks},
                  {"runs", found.runs},
                  {"seed", request.seed}};
  if (confirmed) {
    quality["guarantee"] = name_of(Guarantee::finite_sample);
    quality["method"] = "exact binomial, on fresh tasks";
    quality["confirmed_by"] = confirmed->arm.run.id;
    quality["confirming_tasks"] = confirmed->tasks;
    quality["p"] = confirmed->p;
    quality["resolved_lower"] = confirmed->lower;
    return quality;
  }
  const auto& test = found.certification(request.guarantee).tests[*found.chosen];
  quality["method"] = name_of(test.method);
  quality["p"] = test.p;
  if (!found.shows_estimates()) return quality;
  const auto& resolved = found.estimates[*found.chosen].resolved;
  quality["resolved"] = resolved.value;
  quality["resolved_low"] = resolved.band.low;
  quality["resolved_high"] = resolved.band.high;
  return quality;
}

std::vector<std::string> weighted_signals(const Policy& policy) {
  std::vector<std::string> signals;
  for (const auto& [name, weight] : policy.weights) {
    if (weight > 0) signals.push_back(name);
  }
  return signals;
}

/// What the weighted signals were at the certified threshold: in the run that confirmed it, else
/// by the runs that are runs of it.
std::map<std::string, SignalRate> rates_of(const Reader& reader, const RunLog& runs,
                                           const LogCalibration& found,
                                           const std::optional<Confirmation>& confirmed) {
  const auto signals = weighted_signals(runs.policy);
  if (confirmed) {
    const Arm& arm = confirmed->arm;
    return signal_rates(reader, {arm.run}, arm.config.config, signals, {});
  }
  std::map<std::string, double> weights;
  for (const auto& run : runs.log.runs) weights[run.id] = weight(runs.log, run, *found.chosen);
  std::vector<Run> rows;
  for (const auto& arm : runs.arms) rows.push_back(arm.run);
  return signal_rates(reader, rows, runs.arms.front().config.config, signals, weights);
}

/// Of the certified threshold's place on the grid, if it is there.
json cost_of(const LogCalibration& found, const std::optional<Confirmation>& confirmed) {
  json cost = {{"exploration_usd", found.exploration_usd}};
  if (confirmed && confirmed->usd) cost["confirmed_usd_per_run"] = *confirmed->usd;
  const auto place = confirmed ? confirmed->place : found.chosen;
  if (!place || !found.shows_estimates()) return cost;
  if (const auto payback = payback_of(found, *place)) cost["break_even_runs"] = payback->runs;
  const auto& usd = *found.estimates[*place].usd;
  cost["usd_per_run"] = usd.value;
  cost["usd_low"] = usd.band.low;
  cost["usd_high"] = usd.band.high;
  return cost;
}

}  // namespace

std::map<std::string, std::string> population_of(const std::vector<Arm>& arms,
                                                 const std::set<std::string>& formats) {
  std::set<std::string> sources;
  std::set<std::string> filters;
  for (const auto& arm : arms) {
    for (const auto& trial : arm.trials) sources.insert(trial.suite);
    filters.insert(filter_text(experiment_from_spec(json::parse(arm.run.spec), {})));
  }
  return {{"format", fmt::format("{}", fmt::join(formats, ", "))},
          {"source", fmt::format("{}", fmt::join(sources, ", "))},
          {"filter", fmt::format("{}", fmt::join(filters, " | "))}};
}

std::string certified_policy(const std::string& settled, const CertificateFacts& facts) {
  std::string text = settled + "\n[certificate]\n";
  text += fmt::format("simulated = {}\n", facts.simulated);
  text += fmt::format("prices_sha256 = {}\n", json(facts.prices_sha256).dump());
  text += toml_table("certificate.binds", facts.binds);
  text += toml_table("certificate.population", facts.population);
  if (!facts.signals.empty()) text += "\n[certificate.signals]\n";
  for (const auto& [name, rate] : facts.signals) {
    text += fmt::format("{} = [{:.6g}, {:.6g}]\n", name, rate.mean, rate.error);
  }
  text += toml_table("certificate.quality", facts.quality);
  text += toml_table("certificate.cost", facts.cost);
  return text;
}

CertificateFacts certificate_facts(const Reader& reader, const RunLog& runs,
                                   const LogCalibration& found, const CalibrationRequest& request,
                                   const std::string& settled,
                                   const std::optional<Confirmation>& confirmed,
                                   const std::string& prices_sha256) {
  const Arm& arm = runs.arms.front();
  const Experiment experiment = experiment_from_spec(json::parse(arm.run.spec), {});
  const auto config =
      std::find_if(experiment.configs.begin(), experiment.configs.end(),
                   [&](const ConfigSpec& each) { return each.name == arm.config.config; });
  ConfigSpec certified = *config;
  // As the file will read: a certificate's own lines are no part of what it binds.
  certified.policy = parse_policy("the settled policy", settled + "\n[certificate]\n");
  CertificateFacts facts;
  facts.simulated = found.simulated;
  facts.binds = certificate_bindings(experiment, certified);
  facts.binds["agent_sha256"] = arm.config.agent_sha256;
  const std::vector<Arm> arms = confirmed ? std::vector<Arm>{confirmed->arm} : runs.arms;
  std::set<std::string> served;
  for (const auto& each : arms) served.insert(each.served.begin(), each.served.end());
  facts.binds["served"] = fmt::format("{}", fmt::join(served, ", "));
  facts.population = population_of(arms, confirmed ? confirmed->formats : runs.formats);
  facts.prices_sha256 = prices_sha256;
  facts.quality = quality_of(found, request, confirmed);
  facts.cost = cost_of(found, confirmed);
  facts.signals = rates_of(reader, runs, found, confirmed);
  return facts;
}

}  // namespace weir
