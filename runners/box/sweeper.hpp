#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
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

  /// Removes `folder`, then lets go of `keep`, which keeps it reachable.
  void remove(std::filesystem::path folder, std::shared_ptr<const void> keep);

 private:
  Sweeper() : thread_([this](const std::stop_token& stop) { work(stop); }) {}
  struct Job {
    std::filesystem::path folder;
    std::shared_ptr<const void> keep;
  };
  void work(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::queue<Job> jobs_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace weir::box
