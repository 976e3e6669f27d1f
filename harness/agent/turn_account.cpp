#include "harness/agent/turn_account.hpp"

#include <nlohmann/json.hpp>

#include "harness/agent/bash_protocol.hpp"

namespace weir {

using nlohmann::json;

std::vector<Message> observations(const TurnAttempt& attempt, milliseconds limit) {
  std::vector<Message> messages;
  for (std::size_t i = 0; i < attempt.draft.actions.size(); ++i) {
    const std::string text = i < attempt.results.size()
                                 ? observation_text(attempt.results[i], limit)
                                 : "not run: an earlier command submitted";
    messages.push_back({Role::tool, text, "", {}, attempt.draft.actions[i].call_id});
  }
  return messages;
}

json results_of(const TurnAttempt& attempt) {
  json results = json::array();
  for (const auto& result : attempt.results) {
    results.push_back({{"status", name_of(result.status)}, {"exit_code", result.exit_code}});
  }
  return results;
}

json account_of(const TurnAttempt& attempt, milliseconds limit) {
  json outputs = json::array();
  for (const auto& result : attempt.results) {
    outputs.push_back(observation_text(result, limit).substr(0, 2000));
  }
  return {{"call", attempt.answer.call},
          {"tier", attempt.tier},
          {"commands", attempt.commands()},
          {"results", results_of(attempt)},
          {"outputs", outputs},
          {"undo", attempt.judgement.undo}};
}

}  // namespace weir
