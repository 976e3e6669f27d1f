#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <queue>
#include <thread>

namespace weir::box {

/// Removes trees in the background: a layer of thousands of files takes longer
/// to delete than a box to start. One for the process; finishes its work before
/// the process ends. Safe to share between threads.
class Sweeper {
 public:
  [[nodiscard]] static Sweeper& instance();

  /// Does `removal` when its turn comes. It must not throw.
  void add(std::function<void()> removal);
  /// Waits until nothing is left to do.
  void finish();

 private:
  Sweeper() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
  void work(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any idle_;
  bool busy_ = false;
  std::queue<std::function<void()>> jobs_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace weir::box
