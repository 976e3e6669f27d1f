#include "runners/watchdog.hpp"

namespace weir {

Watchdog::Watchdog() : thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

Watchdog::~Watchdog() {
  thread_.request_stop();
  thread_.join();
}

void Watchdog::arm(Deadline& deadline) {
  {
    const std::lock_guard lock(mutex_);
    armed_.emplace(deadline.end_, &deadline);
  }
  changed_.notify_all();
}

void Watchdog::disarm(Deadline& deadline) {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = armed_.equal_range(deadline.end_);
  for (auto at = first; at != last; ++at) {
    if (at->second == &deadline) {
      armed_.erase(at);
      return;
    }
  }
}

void Watchdog::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (armed_.empty()) {
      changed_.wait(lock, stop, [this] { return !armed_.empty(); });
      continue;
    }
    const auto next = armed_.begin()->first;  // a copy: the node may go while we wait
    if (next <= Clock::now()) {
      armed_.begin()->second->source_.request_stop();
      armed_.erase(armed_.begin());
      continue;
    }
    changed_.wait_until(lock, stop, next,
                        [&] { return armed_.empty() || armed_.begin()->first != next; });
  }
}

Deadline::Deadline(Watchdog& watchdog, std::stop_token parent)
    : watchdog_(watchdog),
      limited_(false),
      end_(),
      parent_(parent),
      from_parent_(parent, Forward{&source_}) {}

Deadline::Deadline(Watchdog& watchdog, std::stop_token parent, Clock::duration allowance)
    : watchdog_(watchdog),
      limited_(true),
      end_(Clock::now() + allowance),
      parent_(parent),
      from_parent_(parent, Forward{&source_}) {
  watchdog_.arm(*this);
}

Deadline::Deadline(Watchdog& watchdog, const Deadline& outer, Clock::duration allowance)
    : watchdog_(watchdog),
      outer_(&outer),
      limited_(true),
      end_(Clock::now() + allowance),
      parent_(outer.parent()),
      from_parent_(outer.token(), Forward{&source_}) {
  watchdog_.arm(*this);
}

Deadline::~Deadline() {
  if (limited_) watchdog_.disarm(*this);
}

Deadline::Pause::Pause(Deadline& deadline) : deadline_(deadline), began_(Clock::now()) {
  if (deadline_.pauses_++ == 0 && deadline_.limited_) deadline_.watchdog_.disarm(deadline_);
}

Deadline::Pause::~Pause() {
  if (--deadline_.pauses_ > 0 || !deadline_.limited_) return;
  deadline_.end_ += Clock::now() - began_;
  deadline_.watchdog_.arm(deadline_);
}

}  // namespace weir
