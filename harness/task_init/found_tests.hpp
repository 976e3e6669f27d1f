#pragma once

#include <functional>
#include <string>

#include "runners/environment.hpp"
#include "runners/grade/test_transitions.hpp"
#include "runners/limiter.hpp"
#include "runners/sandbox.hpp"
#include "runners/test_command.hpp"
#include "tasks/task.hpp"

namespace weir {

/// What running a fix's tests before and after it has shown.
struct FoundTests {
  TestCommand tests;  ///< what was run
  TestTransitions transitions;
  std::string refusal;  ///< why this makes no task; "" if it does
  std::string seen;     ///< with a refusal: the end of the output it rests on
};

/// Where tests are looked for. What it refers to may be shared between threads.
struct FindingRoom {
  Sandbox& sandbox;
  Limiter& busy_boxes;
  Watchdog& watchdog;
  int attempts = 3;                                   ///< runs of each state
  std::function<void(const std::string& what)> note;  ///< progress, for people
};

/// Runs the tests of `task` (of a PatchGrading; its two lists are not looked at) in its own
/// environment, `attempts` times on base + hidden tests and as often with the solution on
/// top. `wanted` may leave out the command, which is then found as visible tests are and
/// narrowed to the files of the hidden tests, or the parser, which then follows from the
/// command. Throws InfraError if the machine fails.
[[nodiscard]] FoundTests find_tests(const Task& task, const TestCommand& wanted,
                                    const FindingRoom& room);

}  // namespace weir
