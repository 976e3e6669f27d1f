#pragma once

#include <set>
#include <string>
#include <vector>

#include "runners/grade/grading_box.hpp"
#include "runners/grade/hidden_tests.hpp"
#include "tasks/task.hpp"

namespace weir {

/// A submission, by the files of the repository it is applied to.
struct SubmittedFiles {
  std::set<std::string> unlike_base;  ///< with it applied, builds of the base too
  std::vector<std::string> set_back;  ///< to be, before the tests go in: its test code
};

/// One run of an instance's tests.
struct TestRun {
  std::string failure;   ///< why no test was begun; "" if they were
  bool cut_short = false;  ///< by a signal or a machine: another time it may go otherwise
  ExecResult result;     ///< of the test command: its end, and the log
  std::string evidence;  ///< what placing and preparing printed
  std::vector<std::string> anomalies;
  std::vector<std::string> changed;  ///< programs tests run by, changed by the preparation
};

/// Runs the tests in a box that holds base + diff, with the hidden tests' files and what else of
/// `submitted` is to be set back before. Where the data set prepares a run in the shell that goes
/// on with the tests, that is two commands: the first leaves its variables, functions, options and
/// folder behind, the second takes them up. So the log is one process's output, and its exit code
/// comes on a channel no test can write. Nothing that the preparation left running is alive then,
/// and the hidden tests are what base + test patch make them, whatever it did to them. `timeout`
/// holds for all of it.
[[nodiscard]] TestRun run_hidden_tests(const HiddenTests& tests, const SubmittedFiles& submitted,
                                       const PatchGrading& grading, milliseconds timeout,
                                       GradingBox& box);

}  // namespace weir
