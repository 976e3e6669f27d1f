#pragma once

#include <sys/types.h>

namespace weir::box {

/// The processes of the box at one moment, init left out, each told apart from
/// a later one with the same number by its start time.
class ProcessSet {
 public:
  /// Fills the set with what is alive now.
  void look();

  [[nodiscard]] int size() const { return count_; }
  [[nodiscard]] bool contains(pid_t pid, unsigned long long started) const;
  /// How many of these are not in `other`.
  [[nodiscard]] int count_missing_from(const ProcessSet& other) const;
  /// Sends `signal` to those not in `other`; returns how many there were.
  int signal_missing_from(const ProcessSet& other, int signal) const;

 private:
  static constexpr int kMost = 4096;
  struct Process {
    pid_t pid;
    unsigned long long started;
  };
  Process list_[kMost];
  int count_ = 0;
};

/// Kills every process that is not in `before`: stops them all first, until a
/// look finds no new one, so that a tree that forks as it dies is caught,
/// whatever sessions it made.
void kill_missing_from(const ProcessSet& before);

}  // namespace weir::box
