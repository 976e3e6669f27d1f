#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "results/record.hpp"
#include "runners/environment.hpp"
#include "runners/sandbox.hpp"
#include "runners/watchdog.hpp"
#include "tasks/task.hpp"

namespace weir {

/// A resumed trial did not go the way its record says: a request, a result or a
/// decision differs. The old rows stay; a new try begins.
class ReplayDiverged : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What an agent hands in when its trajectory ends.
struct Submission {
  std::optional<std::string> patch;      ///< the diff it submitted, if it did
  StopReason stop = StopReason::submitted;
  std::optional<Outcome> failure;        ///< provider_error, infra_error, agent_error: not graded
  std::string error_class;
  std::string message;
  std::vector<std::string> anomalies;    ///< what a reader should know
  bool may_pass = true;                  ///< of a failure: a new try may fare better
  std::string leaf;                      ///< segment the trajectory ended in
  milliseconds model_time{0};
};

class Agent;
struct AgentContext;

/// Another way from here: the trials whose thresholds go it, or a fork's. A thread walks one
/// way at a time; the others wait with their files.
struct Branch {
  std::vector<std::string> trials;  ///< ids; empty for a fork
  std::optional<Fork> fork;
  SnapshotPtr files;                ///< where it begins; null: they could not be frozen
  std::unique_ptr<Agent> agent;     ///< goes on from there; null with the files
};

/// Who acts. Implemented in harness; made anew for each try.
class Agent {
 public:
  virtual ~Agent() = default;
  /// Works on `task` in `box` until it submits or a limit stops it. Limits and
  /// model failures are values; throws InfraError when the machine fails and
  /// Cancelled when the run is stopped.
  [[nodiscard]] virtual Submission run(const AgentTask& task, Box& box, Recorder& recorder,
                                       Deadline& deadline) = 0;
  /// Of a multi-step task, after run(): who acts in the step that `context` is of, with all that
  /// this one knows and has spent. Null: a new agent may. This one is over.
  [[nodiscard]] virtual std::unique_ptr<Agent> next_step(const AgentContext& context);
  /// The trial ends before its last step. Throws ReplayDiverged if its record went on.
  virtual void end_early() {}
};

/// What an agent is made for.
struct AgentContext {
  const Task& task;
  const std::vector<Trial>& trials;  ///< one; or several that begin as one
  int try_number;
  const PreparedEnvironment& environment;
  std::function<void(Branch)> part;  ///< where a way parts from the one that is walked
  std::size_t step = 0;              ///< of a multi-step task: the place of the step
};

inline std::unique_ptr<Agent> Agent::next_step(const AgentContext&) {
  return nullptr;
}

using AgentFactory = std::function<std::unique_ptr<Agent>(const AgentContext&)>;

}  // namespace weir
