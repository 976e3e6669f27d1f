#include "runners/box/sweeper.hpp"

#include <exception>

namespace weir::box {

Sweeper& Sweeper::instance() {
  static Sweeper sweeper;
  return sweeper;
}

void Sweeper::add(std::function<void()> removal) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push(std::move(removal));
  }
  wake_.notify_one();
}

void Sweeper::finish() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return jobs_.empty() && !busy_; });
}

void Sweeper::work(const std::stop_token& stop) {
  for (;;) {
    std::function<void()> removal;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); })) return;
      removal = std::move(jobs_.front());
      jobs_.pop();
      busy_ = true;
    }
    try {
      removal();
    } catch (const std::exception&) {  // the next start-up's sweep tries again
    }
    removal = nullptr;  // what it kept alive goes now
    const std::lock_guard lock(mutex_);
    busy_ = false;
    idle_.notify_all();
  }
}

}  // namespace weir::box
