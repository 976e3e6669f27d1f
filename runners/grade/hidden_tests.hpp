#pragma once

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
  /// Where there is no test patch: files that the ids of tests name ("FILE::TEST").
  std::vector<std::string> named = {};
};

/// Of a test patch, changes to binary files that it does not carry are left out: an image has
/// them aside.
[[nodiscard]] HiddenTests hidden_tests(const PatchGrading& grading);

/// Of the files that a submission changed, the test code that the gold solution leaves alone; and
/// project files with other test settings than the base's.
[[nodiscard]] std::vector<std::string> test_code_of(const std::set<std::string>& changed,
                                                    const std::string& gold,
                                                    const HiddenTests& tests, GradingBox& box);

/// Whether the settings of tests in a project's general file (test_settings.hpp) are the base's.
[[nodiscard]] bool changes_test_settings(const std::string& path, GradingBox& box);

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
