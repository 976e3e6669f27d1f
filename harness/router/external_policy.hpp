#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/router/policy.hpp"

namespace weir {

class Conversation;
struct RouterState;

/// An external policy crashed, hung or answered nonsense. It is part of the arm
/// under test: the trial ends as agent_error, which counts against it.
class PolicyFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a turn's draft says and, once executed, what came of it.
struct DraftText {
  std::string text;
  std::vector<std::string> commands;
  std::vector<std::string> results;  ///< as the model would see them
};

/// What an external policy thinks of a turn.
struct Opinion {
  std::optional<bool> escalate;
  std::optional<double> score;  ///< in [0,1]: the trial's threshold decides
  std::optional<int> tier;      ///< to go up to; default: the next
  std::optional<double> propensity;
};

/// Anyone's router, as a program: one process per trial, one JSON object per line.
/// Weir writes
///   {"event":"trial","version":1,"task":{...},"tiers":[...],"threshold":t,"grid":[...]}
/// which wants no answer, and then, for each decision,
///   {"event":"choose","turn":n,"context_tokens":n,"state":{...}}      -> {"tier":0}
///   {"event":"draft","tier":t,"state":{...},"signals":{...},"draft":{"text","commands"}}
///   {"event":"result", ... and "results":[...]}
///     -> {"action":"accept"} or {"action":"escalate"} or {"score":0.4}, each with
///        "tier" (where to) and "propensity" (of a random choice) as it likes.
/// What hidden tests know it never sees. One thread. Kills its process when it goes.
class ExternalPolicy {
 public:
  /// `trial` is the first line, without its event. Throws PolicyFailed.
  ExternalPolicy(const ExternalCommand& command, const nlohmann::json& trial);
  ~ExternalPolicy();

  /// The tier to ask first. Throws PolicyFailed, as does `judge`.
  [[nodiscard]] int choose(const RouterState& state, int turn, std::int64_t context_tokens);
  [[nodiscard]] Opinion judge(const RouterState& state, int tier,
                              const std::map<std::string, double>& signals, const DraftText* text,
                              bool executed);

 private:
  [[nodiscard]] nlohmann::json ask(const nlohmann::json& question);
  [[noreturn]] void fail(const std::string& what);

  ExternalCommand command_;
  std::unique_ptr<Conversation> conversation_;
};

/// Reads an answer to a question about a turn. Throws PolicyFailed naming what is
/// wrong with it.
[[nodiscard]] Opinion read_opinion(const std::string& line);

}  // namespace weir
