#include "harness/certificates.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/agent/agent_kinds.hpp"
#include "harness/run_rows.hpp"
#include "tasks/digest.hpp"
#include "tasks/error.hpp"
#include "tasks/files.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// The policy's text without its certificate, which cannot bind itself: of the tables
/// [certificate] and [certificate.X] every line.
std::string policy_digest(const Policy& policy) {
  std::string rest;
  bool certificate = false;
  for (const auto line : split_lines(policy.text)) {
    const auto text = trimmed(line);
    if (!text.empty() && text.front() == '[') {
      certificate = text.rfind("[certificate]", 0) == 0 || text.rfind("[certificate.", 0) == 0;
    }
    if (!certificate) rest += std::string(text) + "\n";
  }
  return sha256(rest);
}

void refuse_simulated(const Experiment& experiment, const ConfigSpec& config) {
  for (const auto& tier : config.tiers) {
    if (experiment.models.at(tier).simulated()) continue;
    throw UserError(fmt::format(
        "[configs.{}] policy: its certificate was made on simulated models, and \"{}\" is a real "
        "one: nothing is certified for it. Calibrate on runs of real models, or remove the "
        "certificate from the policy",
        config.name, tier));
  }
}

json standing_json(const CertificateStanding& standing) {
  const char* word = !standing.broken.empty()         ? "void"
                     : !standing.extrapolates.empty() ? "extrapolating"
                                                      : "holds";
  return {{"standing", word},
          {"broken", standing.broken},
          {"extrapolates", standing.extrapolates},
          {"prices_changed", standing.prices_changed}};
}

}  // namespace

std::map<std::string, std::string> certificate_bindings(const Experiment& experiment,
                                                        const ConfigSpec& config) {
  return {{"agent_sha256", config.kind->sha256()},
          {"redo", std::string(name_of(config.policy.redo))},
          {"limits", sha256(limit_facts(experiment).dump())},
          {"sandbox", experiment.sandbox.backend + " " + experiment.sandbox.environment},
          {"policy", policy_digest(config.policy)}};
}

std::string filter_text(const Experiment& experiment) {
  const std::set<std::string> globs(experiment.task_globs.begin(), experiment.task_globs.end());
  return fmt::format("{}", fmt::join(globs, ", "));
}

std::map<std::string, std::string> task_population(const Experiment& experiment,
                                                   const std::vector<Task>& tasks) {
  std::set<std::string> formats;
  std::set<std::string> sources;
  for (const auto& task : tasks) {
    formats.insert(task.shown.format);
    sources.insert(task.shown.suite);
  }
  return {{"format", fmt::format("{}", fmt::join(formats, ", "))},
          {"source", fmt::format("{}", fmt::join(sources, ", "))},
          {"filter", filter_text(experiment)}};
}

json Certificates::facts() const {
  json out = json::object();
  for (const auto& [config, standing] : standings) out[config] = json::parse(standing);
  return out;
}

Certificates check_certificates(const Experiment& experiment, const std::vector<Task>& tasks,
                                const std::string& prices_sha256) {
  Certificates certificates;
  const auto population = task_population(experiment, tasks);
  for (const auto& config : experiment.configs) {
    const auto& certificate = config.policy.certificate;
    if (!certificate) continue;
    if (certificate->simulated) refuse_simulated(experiment, config);
    const auto standing = standing_of(*certificate, certificate_bindings(experiment, config),
                                      population, prices_sha256);
    certificates.standings.emplace_back(config.name, standing_json(standing).dump());
    if (!standing.broken.empty()) {
      certificates.shouts.push_back(fmt::format("{}: THE CERTIFICATE IS VOID: {}", config.name,
                                                fmt::join(standing.broken, "; ")));
    } else if (!standing.extrapolates.empty()) {
      certificates.shouts.push_back(
          fmt::format("{}: EXTRAPOLATING: the certificate is for other tasks: {}", config.name,
                      fmt::join(standing.extrapolates, "; ")));
    }
    if (standing.prices_changed) {
      certificates.shouts.push_back(
          fmt::format("{}: the certificate's cost part was made under other prices", config.name));
    }
  }
  return certificates;
}

}  // namespace weir
