#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/agent/trial_state.hpp"
#include "harness/agent/turn_attempt.hpp"
#include "runners/environment.hpp"
#include "runners/watchdog.hpp"
#include "tasks/task.hpp"

namespace weir {

/// How a model and a box speak with each other: all in which the agents that ask models differ.
/// Made for one try, whose box, environment and deadline outlive it. One thread.
class ComputerInterface {
 public:
  struct Parts {
    Box& box;
    const PreparedEnvironment& environment;
    Deadline& deadline;
    milliseconds command{60'000};       ///< what one command may take
    std::optional<milliseconds> limit;  ///< what the trial may take, where that is limited
  };

  virtual ~ComputerInterface() = default;

  /// The first messages of a history, and its tools.
  [[nodiscard]] virtual ChatRequest opening(const AgentTask& task) const = 0;
  /// What the next step of a task says to whoever goes on with the conversation of the one before.
  [[nodiscard]] virtual Message next_step(const AgentTask& task) const = 0;
  /// The box is new, or as it was at the start once more.
  virtual void begin() {}
  [[nodiscard]] virtual Draft read(const Completion& completion, const TrialState& state) const = 0;
  /// Does what the attempt's draft says, and fills in what came of it. Returns early once the
  /// deadline's token stops. Throws InfraError if the box is lost.
  virtual void act(TurnAttempt& attempt) = 0;
  /// The messages that answer a draft nothing can be done with.
  [[nodiscard]] virtual std::vector<Message> answer_problem(const Completion& completion,
                                                            const Draft& draft) const = 0;

  /// A recorded answer took this long when it was given, and programs went on meanwhile.
  virtual void let_pass(milliseconds) {}
  /// The message with which a history begins again, that grew too long: `task` is the one it
  /// began with, `summary` what is left of the rest. nullopt: it cannot.
  [[nodiscard]] virtual std::optional<Message> resume_from(const Message&, const std::string&) {
    return {};
  }
  /// What asks the model for that summary; nullopt where histories do not begin again.
  [[nodiscard]] virtual std::optional<Message> summary_request() const { return {}; }
};

}  // namespace weir
