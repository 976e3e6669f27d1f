#include "runners/box/sweeper.hpp"

#include "runners/box/scratch.hpp"

namespace weir::box {

Sweeper& Sweeper::instance() {
  static Sweeper sweeper;
  return sweeper;
}

void Sweeper::remove(std::filesystem::path folder, std::shared_ptr<const void> keep) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push({std::move(folder), std::move(keep)});
  }
  wake_.notify_one();
}

void Sweeper::work(const std::stop_token& stop) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      job = std::move(jobs_.front());
      jobs_.pop();
    }
    remove_tree(job.folder);
  }
}

}  // namespace weir::box
