#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runners/grade/grading_box.hpp"
#include "tasks/task.hpp"

namespace weir {

/// The hidden tests of an instance: which files they are, and how they get into a box that holds
/// base + diff. A plain value.
struct HiddenTests {
  std::vector<std::string> files;  ///< the hidden tests': all set back to the base
  std::string diff;                ///< what of the test patch git can apply
};

/// Of a test patch, changes to binary files that it does not carry are left out: an image has
/// them aside.
[[nodiscard]] HiddenTests hidden_tests(const PatchGrading& grading);

/// Files that differ from the base, or are new or ignored, in the box's repository; nullopt if git
/// cannot say.
[[nodiscard]] std::optional<std::set<std::string>> unlike_base(GradingBox& box);

/// Of the files that a submission changed, the test code that the gold solution leaves alone.
[[nodiscard]] std::vector<std::string> test_code_of(const std::set<std::string>& changed,
                                                    const std::string& gold,
                                                    const HiddenTests& tests);

/// Sets `paths` back to the base in the box: whatever the submission did there cannot matter.
/// Returns what git said if that cannot be done; else "".
[[nodiscard]] std::string set_back(const std::vector<std::string>& paths, GradingBox& box);

/// Applies the hidden tests to files that were set back. Returns what git said if they do not
/// apply; else "".
[[nodiscard]] std::string place(const HiddenTests& tests, GradingBox& box);

/// Files that are not what base + hidden tests make them, as after a preparation that should
/// have placed them.
[[nodiscard]] std::vector<std::string> misplaced(const HiddenTests& tests, GradingBox& box);

}  // namespace weir
