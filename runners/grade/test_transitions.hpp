#pragma once

#include <string>
#include <vector>

#include "runners/grade/strict_log.hpp"

namespace weir {

/// One run of a test command: its log in both readings.
struct ReadRun {
  TestStatuses official;  ///< as grading reads it
  TestStatuses strict;    ///< as it says itself
};

/// What a fix does to single tests. Lists are sorted; no id stands in two of them.
struct TestTransitions {
  std::vector<std::string> fail_to_pass;  ///< failed or absent in every run before, passed after
  std::vector<std::string> pass_to_pass;  ///< passed in every run before and after
  std::vector<std::string> pass_to_fail;  ///< passed before, failed or absent in every run after
  std::vector<std::string> flaky;         ///< differ between equal runs
  /// In one of the first two lists by one reading of the logs, and not by the other: an id
  /// that the official parser cuts, say.
  std::vector<std::string> unclear;
};

/// Compares equal runs before and after a fix, test by test. A test that was skipped or
/// expected to fail belongs to no list. Pure.
[[nodiscard]] TestTransitions find_transitions(const std::vector<ReadRun>& before,
                                               const std::vector<ReadRun>& after);

}  // namespace weir
