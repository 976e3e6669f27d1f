#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runners/check_tests.hpp"
#include "tasks/task.hpp"

namespace weir {

/// The tests a task's agent may see, as the router watches them. Immutable.
struct VisibleTests {
  std::string command;  ///< "" = there are none to watch
  bool found = false;   ///< by looking, not declared by the task
  std::string problem;  ///< why declared ones are not watched
  bool red_at_start = false;
  TestNames at_start;

  /// What of the hidden tests is among them. A hidden test that must turn green, and
  /// is red in the visible ones at the start, is the verdict itself.
  int fail_to_pass = 0;
  int fail_to_pass_of = 0;
  int pass_to_pass = 0;  ///< harmless: these were green, and the agent may run them
  int pass_to_pass_of = 0;
  int shared_files = 0;       ///< of a final-state task: the verifier's programs in the agent's box
  bool overlap_known = true;  ///< false where the runner names no test and is red at the start

  /// What they say is the verdict, or part of it, as far as can be told: only a grader
  /// may know.
  [[nodiscard]] bool hold_hidden() const {
    return fail_to_pass > 0 || shared_files > 0 || !overlap_known;
  }
  /// One line for people; "" if nothing overlaps.
  [[nodiscard]] std::string overlap() const;
};

/// Looks at a task's visible tests: which there are (declared, else found), how they
/// stand at the start, and what of the hidden ones is among them. Tests that cannot be
/// run, or only found and too slow, are none. Throws Cancelled.
[[nodiscard]] VisibleTests look_at_visible_tests(const Task& task, const CheckRoom& room);

/// Looks once per task. Safe to share between threads.
class VisibleTestsBook {
 public:
  /// `first` becomes whether this call was the one that looked.
  [[nodiscard]] std::shared_ptr<const VisibleTests> of(const Task& task, const CheckRoom& room,
                                                       bool& first);

 private:
  struct Slot {
    std::mutex looking;
    std::shared_ptr<const VisibleTests> tests;
  };
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>> slots_;  ///< by task's digest
};

}  // namespace weir
