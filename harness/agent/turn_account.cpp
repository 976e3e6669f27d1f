#include "harness/agent/turn_account.hpp"

#include <nlohmann/json.hpp>

namespace weir {

using nlohmann::json;

json results_of(const TurnAttempt& attempt) {
  json results = json::array();
  for (const auto& result : attempt.results) {
    json entry = {{"status", result.status}};
    if (result.exit_code) entry["exit_code"] = *result.exit_code;
    results.push_back(std::move(entry));
  }
  return results;
}

json account_of(const TurnAttempt& attempt) {
  json outputs = json::array();
  for (const auto& result : attempt.results) outputs.push_back(result.text.substr(0, 2000));
  return {{"call", attempt.answer.call},
          {"tier", attempt.tier},
          {"commands", attempt.commands()},
          {"results", results_of(attempt)},
          {"outputs", outputs},
          {"undo", attempt.judgement.undo}};
}

Turn turn_row(const TrialState& state, const TurnAttempt& attempt, const json& discarded) {
  const auto text = [](const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
  };
  Turn turn;
  turn.segment = state.segment;
  turn.turn = state.turn;
  turn.tier = attempt.tier;
  turn.accepted_call = attempt.answer.call;
  turn.actions = text(attempt.commands());
  turn.results = text(results_of(attempt));
  if (!discarded.empty()) turn.discarded = text(discarded);
  for (const auto& result : attempt.results) turn.box_ms += result.wall.count();
  return turn;
}

}  // namespace weir
