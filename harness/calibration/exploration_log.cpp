#include "harness/calibration/exploration_log.hpp"

#include <cmath>

namespace weir {

double ExplorationLog::mass(ThresholdSet set) const {
  double sum = 0;
  for (std::size_t k = 0; k < probs.size(); ++k) {
    if (holds(set, k)) sum += probs[k];
  }
  return sum;
}

std::vector<std::vector<std::size_t>> ExplorationLog::runs_by_task() const {
  std::vector<std::vector<std::size_t>> by_task(tasks.size());
  for (std::size_t i = 0; i < runs.size(); ++i) by_task[runs[i].task].push_back(i);
  return by_task;
}

bool draws_look_independent(const ExplorationLog& log) {
  double chance = 0;  // of two runs to draw the same
  for (const double p : log.probs) chance += p * p;
  double pairs = 0;
  double same = 0;
  for (const auto& runs : log.runs_by_task()) {
    for (std::size_t a = 0; a < runs.size(); ++a) {
      for (std::size_t b = a + 1; b < runs.size(); ++b) {
        pairs += 1;
        same += log.runs[runs[a]].drawn == log.runs[runs[b]].drawn ? 1 : 0;
      }
    }
  }
  constexpr double kFewest = 20;  // expected, for their lack to be telling
  constexpr double kMostErrors = 4;
  return pairs * chance >= kFewest &&
         std::abs(same - pairs * chance) <= kMostErrors * std::sqrt(pairs * chance * (1 - chance));
}

double weight(const ExplorationLog& log, const ExploredRun& run, std::size_t k) {
  return holds(run.consistent, k) ? 1 / log.mass(run.consistent) : 0;
}

}  // namespace weir
