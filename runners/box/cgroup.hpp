#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runners/sandbox.hpp"

namespace weir::box {

/// The control groups of one box: memory (files on a tmpfs included) and
/// processes, on cgroup v1 or v2, where the machine lets us make them. Removed
/// with the object, after the box's processes are gone. One thread.
class Cgroup {
 public:
  explicit Cgroup(const BoxLimits& limits);
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  /// Puts a process, and so all its descendants to come, under the limits.
  void add(pid_t pid) const;

  /// Processes killed for want of memory so far.
  [[nodiscard]] std::int64_t oom_kills() const;
  /// Most bytes used at once; nullopt where it is not counted.
  [[nodiscard]] std::optional<std::int64_t> peak() const;

  [[nodiscard]] bool limits_memory() const { return !memory_.empty(); }
  [[nodiscard]] bool limits_pids() const { return !pids_.empty(); }

  /// Removes groups left behind by programs that are gone.
  static void sweep();

 private:
  std::vector<std::filesystem::path> groups_;
  std::filesystem::path memory_;  ///< group that limits memory, or ""
  std::filesystem::path pids_;
  bool v2_ = false;
};

}  // namespace weir::box
