#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "harness/model/budget.hpp"
#include "results/record.hpp"

namespace weir {

/// Tells on stderr how a run goes: one line that is rewritten on a terminal;
/// elsewhere a line per finished trial and a heartbeat every 30 seconds. Safe
/// to call from many threads.
class Progress {
 public:
  /// `quiet`: says nothing. `already`: trials finished before (resume).
  Progress(std::size_t total, std::size_t already, const Budget& budget, bool quiet);
  ~Progress();

  void trial_started();
  void trial_finished(const Trial& trial, const Try& attempt);
  void note(const std::string& line);

 private:
  [[nodiscard]] std::string summary() const;
  void draw();
  void clear();

  const std::size_t total_;
  std::size_t done_;
  std::size_t running_ = 0;
  std::size_t resolved_ = 0;
  std::size_t missing_ = 0;
  const Budget& budget_;
  const bool quiet_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point started_;
  mutable std::mutex mutex_;
  std::jthread heartbeat_;
};

}  // namespace weir
