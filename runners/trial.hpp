#pragma once

#include <filesystem>
#include <functional>
#include <set>

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
  Network network = Network::none;  ///< of agents, where networks are not as declared
  /// Looks at a try that has ended, before it is recorded: may void its verdict. None: nobody.
  std::function<void(const Task&, Try&)> audit = {};
  /// Where each phase has the network its task declares: what a public one is here, open or
  /// proxy. nullopt: tasks have none but `network`.
  std::optional<Network> public_network = {};
  std::filesystem::path artifacts = {};  ///< the run's folder for them; "": none are kept
};

/// Runs one try of a trial from its box to its verdict, recording all of it.
/// Failures of providers and machines become outcomes. Throws Cancelled when
/// `stop` is requested and ReplayDiverged when a resumed try goes another way
/// (both leave the try unfinished), and InfraError when the recorder fails.
Try run_trial(const Task& task, const Trial& trial, int try_number, const TrialRoom& room,
              std::stop_token stop);

inline constexpr const char* kCannotPartClass = "cannot_part";

/// The same for several trials that begin as one and part where their agent says so: each way
/// is walked to its end, one after the other, and graded once for all whose way it is. Where
/// the files could not be frozen, those who part are lost: an infra_error of class
/// kCannotPartClass, which calibration bounds. Trials in `done` have their outcome already: their
/// ways are only walked where others go along. Returns a try for each of the others.
std::vector<Try> run_trials(const Task& task, const std::vector<Trial>& trials, int try_number,
                            const std::set<std::string>& done, const TrialRoom& room,
                            std::stop_token stop);

}  // namespace weir
