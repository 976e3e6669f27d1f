#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/agent/agent_kinds.hpp"
#include "harness/agent/open_turn.hpp"
#include "harness/agent/trial_state.hpp"
#include "harness/agent/turn_log.hpp"
#include "harness/agent/visible_tests.hpp"
#include "harness/model/ledger.hpp"
#include "harness/router/external_policy.hpp"
#include "harness/router/policy.hpp"
#include "runners/agent.hpp"
#include "runners/limiter.hpp"

namespace weir {

/// Limits of one trajectory, from the experiment's [limits].
struct AgentLimits {
  int turns = 250;
  std::optional<std::int64_t> tokens;
  milliseconds command{60'000};
  milliseconds visible_tests{120'000};
  int format_errors = 3;             ///< in a row
  std::optional<milliseconds> time;  ///< what a trial may take, where that is limited
  std::int64_t free_context = 8000;  ///< tokens; below that a long history is summed up
};

/// What an agent works with besides its task and box.
struct ModelAgentParts {
  const AgentKind& kind;
  std::unique_ptr<TrialLedger> ledger;
  const Policy& policy;
  AgentLimits limits;
  Sandbox& sandbox;  ///< for checks in boxes of their own
  Limiter& busy_boxes;
  const PreparedEnvironment& environment;
  /// Looks at the task's visible tests, once the trial begins and if they matter.
  std::function<std::shared_ptr<const VisibleTests>(const CheckRoom&)> visible_tests;
  TrialOutlook outlook;
  std::vector<TreeMember> members;  ///< whose trajectory it is: one, or all of a tree
  std::uint64_t seed;
  int try_number;
  int attempt;             ///< of the trial: for external policies
  RecordedTurns recorded;  ///< of a try that is resumed
  /// Turns of a trial that is replayed; empty where none is.
  std::function<std::vector<Turn>(const std::string& trial)> cassette;
  std::string nonce;                 ///< the head of the prompt, so that no other trial warms it
  std::function<void(Branch)> part;  ///< takes the ways that part from this one
  std::string step = {};             ///< of a multi-step task, by name
  bool forks = true;                 ///< a replay forks nowhere: its cassette holds paths alone
};

/// An agent that asks models: an append-only history, every turn routed through a cascade (of
/// one tier or several). What it says and does is its kind's.
[[nodiscard]] std::unique_ptr<Agent> make_model_agent(ModelAgentParts parts);
/// One that goes on from the midst of a turn.
[[nodiscard]] std::unique_ptr<Agent> make_model_agent(ModelAgentParts parts, TrialState state,
                                                      OpenTurn turn);

}  // namespace weir
