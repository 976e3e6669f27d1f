#include "runners/watchdog.hpp"

namespace weir {

Watchdog::Watchdog() : thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

Watchdog::~Watchdog() {
  thread_.request_stop();
  changed_.notify_all();
}

void Watchdog::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (armed_.empty()) {
      changed_.wait(lock, stop, [this] { return !armed_.empty(); });
      continue;
    }
    const auto first = armed_.begin();
    if (first->first <= Clock::now()) {
      first->second->source_.request_stop();
      armed_.erase(first);
      continue;
    }
    changed_.wait_until(lock, first->first);
  }
}

Watchdog::Watch::Watch(Watchdog& watchdog, Clock::time_point deadline, std::stop_token parent)
    : watchdog_(watchdog), deadline_(deadline), from_parent_(parent, Forward{&source_}) {
  {
    const std::lock_guard lock(watchdog_.mutex_);
    watchdog_.armed_.emplace(deadline_, this);
  }
  watchdog_.changed_.notify_all();
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.mutex_);
  const auto [first, last] = watchdog_.armed_.equal_range(deadline_);
  for (auto at = first; at != last; ++at) {
    if (at->second == this) {
      watchdog_.armed_.erase(at);
      return;
    }
  }
}

}  // namespace weir
