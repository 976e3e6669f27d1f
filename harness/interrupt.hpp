#pragma once

#include <signal.h>

#include <thread>

#include "harness/run_control.hpp"

namespace weir {

/// While alive, the first Ctrl-C (or SIGTERM) drains the run and the second
/// stops it. Make it before any other thread: it blocks the signals for all.
class Interrupt {
 public:
  explicit Interrupt(RunControl& control);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  sigset_t previous_;
  std::jthread listener_;
};

}  // namespace weir
