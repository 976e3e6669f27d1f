#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "harness/model/chat.hpp"
#include "harness/router/cascade.hpp"
#include "runners/sandbox.hpp"

namespace weir {

/// An accepted turn, as later ones are compared with it.
struct RecentTurn {
  std::string commands;  ///< normalised
  bool changed = true;   ///< files, as far as known
};

/// Everything a trajectory is at the start of a turn. A copyable value: resume,
/// fork and tree all begin from one.
struct TrialState {
  static constexpr std::size_t kRecent = 8;

  std::vector<Message> history;
  int turn = 1;                       ///< the turn to come, from 1; a restart counts on
  int format_errors = 0;              ///< in a row
  std::int64_t context_tokens = 0;    ///< of the last accepted call, in and out
  std::deque<RecentTurn> recent;      ///< the last kRecent, newest last
  std::optional<std::set<std::string>> red_tests;  ///< names, as last known
  milliseconds box_time{0};
  double used_at_start = 0;           ///< of the limits, before the trajectory began: in [0,1]
  RouterState router;
  std::string segment;
  int steps = 0;                      ///< of a multi-step task, before this one
  int summaries = 0;                  ///< times its history began again with a summary
  bool claimed_complete = false;      ///< terminal: the last turn said that the task is complete
  int partings = 0;                   ///< times another way parted from this one
  bool aside = false;                 ///< a fork's way: no trial's path
  bool dirty = false;                 ///< files changed since they were frozen for a router's use,
                                      ///< though a parting froze them since
  SnapshotPtr box;                    ///< the box's files, where they were frozen
};

}  // namespace weir
