#include "harness/run_rows.hpp"

#include <nlohmann/json.hpp>

#include "harness/agent/agent_kinds.hpp"
#include "harness/version.hpp"
#include "tasks/digest.hpp"

namespace weir {
namespace {

using nlohmann::json;

/// Identity of what is asked: the file, the policies, what the command line
/// changed, and every task; not where the files lie.
std::string spec_digest(const Experiment& experiment, const std::vector<Task>& tasks) {
  Digest digest;
  digest.add(experiment.spec.at("toml").get<std::string>());
  for (const auto& config : experiment.configs) digest.add(config.name).add(config.policy.text);
  digest.add(std::to_string(experiment.attempts)).add(std::to_string(experiment.seed));
  if (experiment.strict_integrity) digest.add("strict integrity");
  for (const auto& task : tasks) digest.add(task.sha256);
  return digest.hex();
}

}  // namespace

Run run_row(const std::string& id, const Experiment& experiment, const std::vector<Task>& tasks) {
  Run run;
  run.id = id;
  run.name = experiment.name;
  run.seed = experiment.seed;
  run.spec = experiment.spec.dump();
  run.spec_sha256 = spec_digest(experiment, tasks);
  run.weir_version = kVersion;
  run.simulated = experiment.simulated();
  return run;
}

std::vector<ConfigRow> config_rows(const std::string& run, const Experiment& experiment) {
  std::vector<ConfigRow> rows;
  for (const auto& config : experiment.configs) {
    json tiers = json::array();
    bool simulated = false;
    for (const auto& name : config.tiers) {
      const ModelSpec& spec = experiment.models.at(name);
      tiers.push_back(spec.to_json());
      simulated = simulated || spec.simulated();
    }
    const std::string& policy = config.policy.text;
    rows.push_back({run, config.name, config.agent, tiers.dump(), policy,
                    policy.empty() ? "" : sha256(policy), config.kind->sha256(), simulated});
  }
  return rows;
}

std::vector<TaskRow> task_rows(const std::string& run, const std::vector<Task>& tasks) {
  std::vector<TaskRow> rows;
  for (const auto& task : tasks) {
    const AgentTask& shown = task.shown;
    rows.push_back({run, shown.id, shown.suite, shown.format, task.sha256, shown.difficulty,
                    shown.declared_name});
  }
  return rows;
}

json limit_facts(const Experiment& experiment) {
  const ExperimentLimits& limits = experiment.limits;
  json facts = {{"turns", limits.turns},
                {"tokens", limits.tokens ? json(*limits.tokens) : json()},
                {"command_ms", limits.command.count()},
                {"wall_ms", limits.wall.count()},
                {"elapsed_ms", limits.elapsed.count()},
                {"usd", limits.usd ? json(*limits.usd) : json()}};
  if (limits.free_context != ExperimentLimits().free_context) {
    facts["free_context"] = limits.free_context;
  }
  return facts;
}

json resource_facts(const Experiment& experiment) {
  const BoxLimits& limits = experiment.sandbox.limits;
  return {{"memory", limits.memory ? json(*limits.memory) : json()},
          {"cpus", limits.cpus ? json(*limits.cpus) : json()},
          {"disk", limits.disk ? json(*limits.disk) : json()},
          {"pids", limits.pids},
          {"environment", experiment.sandbox.environment},
          {"network", experiment.sandbox.declared_networks
                          ? json("declared")
                          : json(static_cast<int>(experiment.sandbox.network))}};
}

}  // namespace weir
