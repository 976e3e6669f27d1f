#pragma once

#include "runners/agent.hpp"
#include "runners/limiter.hpp"
#include "runners/watchdog.hpp"

namespace weir {

/// What the trials of a run share. Everything in it is safe to share.
struct TrialRoom {
  Sandbox& sandbox;
  EnvironmentCache& environments;
  Limiter& busy_boxes;
  Limiter& graders;
  Watchdog& watchdog;
  Recorder& recorder;
  AgentFactory make_agent;
  bool grade_empty_diffs = false;  ///< run the tests even if nothing was changed (validate)
  milliseconds elapsed_limit{0};  ///< per trial, waits included; 0 = none
  milliseconds wall_limit{0};  ///< per trial; 0 = none; the task's own limit counts too
  Network network = Network::none;
};

/// Runs one try of a trial from its box to its verdict, recording all of it.
/// Failures of providers and machines become outcomes. Throws Cancelled when
/// `stop` is requested and ReplayDiverged when a resumed try goes another way
/// (both leave the try unfinished), and InfraError when the recorder fails.
Try run_trial(const Task& task, const Trial& trial, int try_number, const TrialRoom& room,
              std::stop_token stop);

}  // namespace weir
