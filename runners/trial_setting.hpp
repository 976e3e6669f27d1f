#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runners/grade/grader.hpp"
#include "runners/pod/pod.hpp"
#include "runners/trial.hpp"

namespace weir {

/// What the boxes of one trial are made from: the task's environment, the boxes of its separate
/// verifiers, the network of each phase. Owned by the trial's thread; agents refer to its
/// environments as long as it lives.
class TrialSetting {
 public:
  TrialSetting(const Task& task, const TrialRoom& room, std::stop_token stop)
      : task_(task), room_(room), stop_(std::move(stop)) {}

  /// Builds what is not built yet, before anything is spent, and returns what was declared and
  /// is not honoured. Throws InfraError and Cancelled.
  [[nodiscard]] std::vector<std::string> prepare();

  /// As it was built; after prepare().
  [[nodiscard]] const PreparedEnvironment& environment() const { return *environment_; }
  /// A copy that is somebody's own, with what programs need to find `network`.
  [[nodiscard]] PreparedEnvironment& on_network(const PhaseNetwork& network);

  /// `step`: of a multi-step task, else null.
  [[nodiscard]] PhaseNetwork agents_network(const AgentStep* step = nullptr) const;
  [[nodiscard]] PhaseNetwork verifiers_network(const GradedStep* step = nullptr) const;

  /// Starts the task's services, if it has some, all from their beginnings; those of before are
  /// over. Boxes opened from now on are among them. Throws InfraError and Cancelled.
  void start_services(const PhaseNetwork& network);
  /// What became of them that a reader should know.
  [[nodiscard]] std::vector<std::string> casualties() const;

  /// A box on `files`, the task's service up in it.
  [[nodiscard]] std::unique_ptr<Box> open(const PreparedEnvironment& environment,
                                          const SnapshotPtr& files,
                                          const PhaseNetwork& network) const;

  /// Where a final state is graded, but for where artifacts go. `step`: its name, or "".
  [[nodiscard]] GradingRoom grading_room(const std::string& step) const;

 private:
  [[nodiscard]] bool as_declared() const;
  /// Whether the agent has a network beyond the gateway, in any step.
  [[nodiscard]] bool agent_fetches() const;
  [[nodiscard]] const GradedStep* graded(const std::string& step) const;

  const Task& task_;
  const TrialRoom& room_;
  std::stop_token stop_;
  EnvironmentPtr environment_;
  std::map<std::string, EnvironmentPtr> verifiers_;  ///< of separate ones, by step
  std::vector<EnvironmentPtr> services_;             ///< in their order
  std::unique_ptr<Pod> pod_;                         ///< null: the task has no services
  std::list<PreparedEnvironment> own_;
};

[[nodiscard]] bool same_network(const PhaseNetwork& one, const PhaseNetwork& other);

}  // namespace weir
