#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <set>
#include <string>
#include <vector>

namespace weir {

/// One place in the order of a run.
struct Slot {
  std::size_t task = 0;    ///< index into the run's tasks
  std::size_t config = 0;  ///< index into its configs
  int attempt = 1;
};

/// The run's order: tasks in a seeded permutation; all configs and attempts of
/// a task in one block, permuted within it, so that arms meet the same hour.
/// Equal on every machine for equal arguments.
[[nodiscard]] std::vector<Slot> blocked_order(std::size_t tasks, std::size_t configs, int attempts,
                                              std::uint64_t seed);

/// Puts the attempts of each task under the configs in `in_order` into ascending order,
/// in the slots they have: what a later one wants to know of an earlier is then on its way.
void order_attempts(std::vector<Slot>& slots, const std::set<std::size_t>& in_order);

/// Runs `work(i)` for i = 0..count-1 in order on `jobs` threads, one job per
/// thread at a time. No new job starts once `drain` is requested. The first
/// exception drains the rest and is rethrown when all threads have ended.
/// Returns how many jobs were started.
std::size_t run_jobs(std::size_t count, int jobs, const std::function<void(std::size_t)>& work,
                     std::stop_token drain);

}  // namespace weir
