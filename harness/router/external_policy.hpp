#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <stop_token>
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
/// Each question has an "id", which an answer may repeat and then must match; a program
/// that speaks unasked has lost its place, and has failed. What chance it needs it draws
/// from the trial's "seed", so that a resumed trial goes the same way. What hidden tests
/// know it never sees. One thread. Kills its process when it goes.
class ExternalPolicy {
 public:
  /// `trial` is the first line, without its event. Throws PolicyFailed, and Cancelled
  /// once `stop` is requested, as do all others.
  ExternalPolicy(const ExternalCommand& command, const nlohmann::json& trial, std::stop_token stop);
  ~ExternalPolicy();

  /// The tier to ask first, and how probable that was.
  [[nodiscard]] Opinion choose(const RouterState& state, int turn, std::int64_t context_tokens);
  [[nodiscard]] Opinion judge(const RouterState& state, int tier,
                              const std::map<std::string, double>& signals, const DraftText* text,
                              bool executed);

 private:
  [[nodiscard]] nlohmann::json ask(const nlohmann::json& question);
  [[noreturn]] void fail(const std::string& what);
  int asked_ = 0;

  ExternalCommand command_;
  std::stop_token stop_;
  std::unique_ptr<Conversation> conversation_;
};

/// Reads an answer to a question about a turn. Throws PolicyFailed naming what is
/// wrong with it.
[[nodiscard]] Opinion read_opinion(const std::string& line);

}  // namespace weir
