#pragma once

#include <optional>
#include <string>

#include "runners/environment.hpp"
#include "runners/limiter.hpp"
#include "runners/sandbox.hpp"
#include "runners/test_names.hpp"

namespace weir {

/// Where a check may make boxes of its own, and how long it may take.
struct CheckRoom {
  Sandbox& sandbox;
  Limiter& busy_boxes;
  const PreparedEnvironment& environment;
  milliseconds timeout;
  Deadline& deadline;
};

/// One run of the visible tests.
struct TestRun {
  bool red = false;        ///< exit status not 0, or not ended in time
  bool timed_out = false;
  bool not_run = false;    ///< the command itself could not be (status 126, 127)
  bool no_tests = false;   ///< pytest's word for a folder without any (status 4, 5)
  TestNames names;
};

/// Runs the visible tests on the state `snapshot`, in a box of its own, so that
/// nothing they write reaches the agent. nullopt if the check could not run.
/// `more_env` comes on top of the task's own variables.
[[nodiscard]] std::optional<TestRun> run_visible_tests(
    const CheckRoom& room, const SnapshotPtr& snapshot, const std::string& command,
    const std::map<std::string, std::string>& more_env = {});

/// What runs the tests found in the state `snapshot`, as one word: pytest, unittest,
/// unittest_flat (without a package of tests), npm, cargo, go, make_check, make_test.
/// nullopt if nothing is found.
[[nodiscard]] std::optional<std::string> find_test_runner(const CheckRoom& room,
                                                          const SnapshotPtr& snapshot);

/// A command that runs the tests found in the state `snapshot`, by what lies there
/// and what is installed: pytest, unittest, npm, cargo, go, make. nullopt if nothing
/// is found.
[[nodiscard]] std::optional<std::string> find_visible_tests(const CheckRoom& room,
                                                            const SnapshotPtr& snapshot);

}  // namespace weir
