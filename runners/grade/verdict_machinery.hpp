#pragma once

#include <string>
#include <vector>

#include "runners/grade/grader.hpp"

namespace weir {

/// Said in place of a name where changes are as many as kMostTouched: a pass beside them is none.
inline constexpr const char* kTooManyChanges = "more files than can be looked through";

/// What of the programs that run a verifier an agent changed: whoever changes them could
/// write its own verdict, so that a pass is not believed. Compiled Python is a cache: running
/// Python writes it, so it proves nothing, and it is removed, so it forges nothing.
struct ChangedMachinery {
  std::vector<std::string> programs;
  std::vector<std::string> caches;
};

/// Between the environment and the state an agent left. The task's own service counts, since
/// it runs while the verifier does.
[[nodiscard]] ChangedMachinery changed_machinery(const SnapshotPtr& final, const GradingRoom& room);

/// Programs that tests run by and that `files`, after a preparation that runs what was submitted
/// (its setup.py), has otherwise than the environment: the system's, and a test runner's package.
/// What installs write anywhere (.pth) and compiled Python is none.
[[nodiscard]] std::vector<std::string> machinery_changed_by_preparation(const SnapshotPtr& files,
                                                                        const GradingRoom& room);

}  // namespace weir
