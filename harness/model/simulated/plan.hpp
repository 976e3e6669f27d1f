#pragma once

#include <string>
#include <vector>

#include "harness/model/simulated/dialogue.hpp"
#include "tasks/task.hpp"

namespace weir {

/// One part of a gold solution, as shell commands.
struct Piece {
  std::string right;               ///< does it
  std::vector<std::string> wrong;  ///< plausible mistakes; never empty
  std::vector<std::string> undo;   ///< takes wrong[i] back; empty where nothing can
  std::string misfit;              ///< a diff that does not apply; "" for other tasks
};

/// The road from the task to its gold solution: what a simulated model walks.
/// A pure function of the task.
struct Plan {
  std::vector<std::string> look;  ///< commands that only read
  std::vector<Piece> pieces;
  std::string check;              ///< the visible tests, or a look at the result
  std::string submit;
};

[[nodiscard]] Plan make_plan(const Task& task);

/// Where a piece stands after what the history shows was done.
struct PieceState {
  enum class Kind { untouched, right, wrong };
  Kind kind = Kind::untouched;
  std::size_t mistake = 0;  ///< which wrong variant
  int mistakes_made = 0;  ///< wrong variants applied, and attempts that failed
};

/// What the history says of the plan, read off its commands and their results.
struct PlanProgress {
  std::vector<PieceState> pieces;
  int looked = 0;
  bool checked = false;    ///< the check ran after the last change
  bool check_red = false;  ///< and failed
  std::string last_command;
};

[[nodiscard]] PlanProgress read_progress(const Plan& plan, const std::vector<Done>& history);

/// `text` with one thing changed that keeps it plausible: a comparison, a sign,
/// a bound, a truth value; `text` itself if it holds none. `which` chooses.
[[nodiscard]] std::string subtly_wrong(const std::string& text, std::size_t which);

}  // namespace weir
