#include "harness/calibration/exploration_log.hpp"

#include <algorithm>
#include <cmath>

namespace weir {

double ExplorationLog::mass(ThresholdSet set) const {
  double sum = 0;
  for (std::size_t k = 0; k < probs.size(); ++k) {
    if (holds(set, k)) sum += probs[k];
  }
  return sum;
}

PlainArm& ExplorationLog::plain_arm(const std::string& config) {
  const auto found = std::find_if(plain_arms.begin(), plain_arms.end(),
                                  [&](const PlainArm& arm) { return arm.config == config; });
  if (found != plain_arms.end()) return *found;
  plain_arms.push_back({config, 0, 0, 0, true});
  return plain_arms.back();
}

std::vector<std::vector<std::size_t>> ExplorationLog::runs_by_task() const {
  std::vector<std::vector<std::size_t>> by_task(tasks.size());
  for (std::size_t i = 0; i < runs.size(); ++i) by_task[runs[i].task].push_back(i);
  return by_task;
}

std::vector<std::vector<std::size_t>> ExplorationLog::known_by_task() const {
  auto by_task = runs_by_task();
  for (auto& of_task : by_task) {
    std::erase_if(of_task, [&](std::size_t i) { return !runs[i].resolved; });
  }
  std::erase_if(by_task, [](const auto& of_task) { return of_task.empty(); });
  return by_task;
}

std::optional<std::size_t> place_of(const std::vector<double>& grid, double threshold) {
  for (std::size_t k = 0; k < grid.size(); ++k) {
    if (std::abs(grid[k] - threshold) < 1e-9) return k;
  }
  return {};
}

void level_trees(ExplorationLog& log) {
  if (!log.every_threshold) return;
  for (const auto& runs : log.runs_by_task()) {
    double known = 0;
    for (const std::size_t i : runs) known += log.runs[i].resolved ? 1 : 0;
    for (const std::size_t i : runs) log.runs[i].scale = known / static_cast<double>(runs.size());
  }
}

double weight(const ExplorationLog& log, const ExploredRun& run, std::size_t k) {
  return holds(run.consistent, k) ? run.scale / log.mass(run.consistent) : 0;
}

}  // namespace weir
