#include "runners/scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "tasks/error.hpp"

namespace weir {
namespace {

/// Fisher-Yates with Boost's distribution: std::shuffle differs by library.
template <typename T>
void shuffle(std::vector<T>& items, boost::random::mt19937_64& engine) {
  for (std::size_t i = items.size(); i > 1; --i) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, i - 1);
    std::swap(items[i - 1], items[pick(engine)]);
  }
}

}  // namespace

std::vector<Slot> blocked_order(std::size_t tasks, std::size_t configs, int attempts,
                                std::uint64_t seed) {
  boost::random::mt19937_64 engine(seed);
  std::vector<std::size_t> order(tasks);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(order, engine);
  std::vector<Slot> slots;
  for (const std::size_t task : order) {
    std::vector<Slot> block;
    for (std::size_t config = 0; config < configs; ++config) {
      for (int attempt = 1; attempt <= attempts; ++attempt) block.push_back({task, config, attempt});
    }
    shuffle(block, engine);
    slots.insert(slots.end(), block.begin(), block.end());
  }
  return slots;
}

void order_attempts(std::vector<Slot>& slots, const std::set<std::size_t>& in_order) {
  std::map<std::pair<std::size_t, std::size_t>, int> next;
  for (auto& slot : slots) {
    if (in_order.count(slot.config) > 0) slot.attempt = ++next[{slot.task, slot.config}];
  }
}

std::size_t run_jobs(std::size_t count, int jobs, const std::function<void(std::size_t)>& work,
                     std::stop_token drain) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> started{0};
  std::atomic<bool> failed{false};
  std::exception_ptr first;
  std::mutex mutex;
  const auto worker = [&] {
    while (!drain.stop_requested() && !failed) {
      const std::size_t i = next.fetch_add(1);
      if (i >= count) return;
      started.fetch_add(1);
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
        failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    const int wanted = static_cast<int>(std::min<std::size_t>(count, static_cast<std::size_t>(jobs)));
    for (int i = 0; i < wanted; ++i) threads.emplace_back(worker);
  }
  if (first) std::rethrow_exception(first);
  return started;
}

}  // namespace weir
