// The comparison of one run.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/store/reader_state.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string models_of(const ConfigRow& config) {
  std::string line;
  const auto tiers = json::parse(config.tiers, nullptr, false);
  if (!tiers.is_array()) return line;
  for (const auto& tier : tiers) {
    line += (line.empty() ? "" : " -> ") + tier.value("name", std::string("?"));
  }
  return line.empty() ? config.agent : line;
}

int tier_count(const ConfigRow& config) {
  const auto tiers = json::parse(config.tiers, nullptr, false);
  return tiers.is_array() ? std::max(1, static_cast<int>(tiers.size())) : 1;
}

/// The lines of a table over some of a run's trials.
std::vector<ConfigSummary> lines(const std::vector<std::string>& order,
                                 const std::vector<ConfigRow>& configs,
                                 const std::vector<TrialSummary>& trials) {
  std::vector<ConfigSummary> rows;
  for (const auto& name : order) {
    const auto found = std::find_if(configs.begin(), configs.end(),
                                    [&](const ConfigRow& row) { return row.config == name; });
    if (found == configs.end()) continue;
    ConfigSummary summary = summarize(name, trials);
    summary.tiers = tier_count(*found);
    rows.push_back(std::move(summary));
  }
  return rows;
}

}  // namespace

std::vector<ModelChange> Reader::model_changes(const std::string& run, bool allowed_too) const {
  std::vector<ModelChange> changes;
  auto row = state_->prepare(
      "SELECT model, call, at, old_served, old_fingerprint, new_served, new_fingerprint, allowed "
      "FROM model_change WHERE run = ? ORDER BY at",
      run);
  while (row.executeStep()) {
    if (row.getColumn(7).getInt() != 0 && !allowed_too) continue;
    changes.push_back({run, row.getColumn(0).getString(), row.getColumn(1).getString(),
                       read_optional_time(row.getColumn(2)).value_or(TimePoint{}),
                       row.getColumn(3).getString(), row.getColumn(4).getString(),
                       row.getColumn(5).getString(), row.getColumn(6).getString(),
                       row.getColumn(7).getInt() != 0});
  }
  return changes;
}

Comparison Reader::compare(const std::string& run) const {
  Comparison comparison;
  comparison.run = find_run(run);
  const std::string& id = comparison.run.id;
  auto all = trials(id);
  const auto spec = json::parse(comparison.run.spec, nullptr, false);
  const auto rows = configs(id);
  for (const auto& row : rows) comparison.models[row.config] = models_of(row);
  const std::vector<std::string> order = config_names(comparison.run);
  if (spec.is_object()) comparison.attempts = spec.value("attempts", 0);
  comparison.begun = static_cast<int>(all.size());
  std::vector<std::string> task_ids;
  auto tasks = state_->prepare("SELECT task FROM task WHERE run = ?", id);
  while (tasks.executeStep()) task_ids.push_back(tasks.getColumn(0).getString());
  comparison.tasks = static_cast<int>(task_ids.size());
  comparison.changes = model_changes(id, true);
  const std::size_t splits = model_changes(id, false).size();
  if (splits > 0) {  // two models under one name are not pooled
    std::map<std::string, std::optional<std::int64_t>> part_of;
    auto part = state_->prepare("SELECT trial, part FROM v_part WHERE run = ?", id);
    while (part.executeStep()) {
      part_of[part.getColumn(0).getString()] = read_optional(part.getColumn(1));
    }
    for (std::size_t number = 1; number <= splits + 1; ++number) {
      std::vector<TrialSummary> own;
      std::copy_if(all.begin(), all.end(), std::back_inserter(own), [&](const auto& trial) {
        return part_of[trial.trial] == static_cast<std::int64_t>(number);
      });
      if (!own.empty()) comparison.parts.push_back(lines(order, rows, own));
    }
    comparison.straddling = static_cast<int>(std::count_if(
        all.begin(), all.end(), [&](const auto& trial) { return !part_of[trial.trial]; }));
  }
  if (comparison.run.source.empty()) add_unbegun(all, task_ids, order, comparison.run.spec);
  comparison.expected = static_cast<int>(all.size());
  comparison.missing = static_cast<int>(std::count_if(
      all.begin(), all.end(), [](const auto& trial) { return is_missing(trial.outcome); }));
  if (splits == 0) comparison.configs = lines(order, rows, all);
  const RunSums sums = this->sums(comparison.run);
  comparison.price_entries = sums.price_entries;
  comparison.priced_by_request = sums.priced_by_request;
  return comparison;
}

}  // namespace weir
