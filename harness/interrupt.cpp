#include "harness/interrupt.hpp"

#include <fmt/format.h>

namespace weir {
namespace {

void listen(const std::stop_token& stop, RunControl& control, const sigset_t& signals) {
  int seen = 0;
  while (!stop.stop_requested()) {
    const timespec patience{0, 200'000'000};
    if (sigtimedwait(&signals, nullptr, &patience) < 0) continue;
    if (++seen == 1) {
      fmt::print(stderr, "\ninterrupted: trials in flight finish, no new one starts; "
                         "interrupt again to stop at once\n");
      control.drain(Halt::user, "interrupted");
    } else {
      fmt::print(stderr, "\nstopping\n");
      control.stop(Halt::user, "interrupted");
    }
  }
}

}  // namespace

Interrupt::Interrupt(RunControl& control) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &previous_);
  listener_ = std::jthread(
      [&control, signals](std::stop_token stop) { listen(stop, control, signals); });
}

Interrupt::~Interrupt() {
  listener_.request_stop();
  listener_.join();
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

}  // namespace weir
