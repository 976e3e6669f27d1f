#include "harness/agent/turn_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runners/agent.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::vector<Message> replayed(const Turn& record, const Turn& turn) {
  if (record.accepted_call != turn.accepted_call || record.results != turn.results) {
    throw ReplayDiverged(fmt::format("turn {} went another way than recorded", turn.turn));
  }
  std::vector<Message> messages;
  for (const auto& message : json::parse(record.observation)) {
    messages.push_back(message_from_json(message));
  }
  return messages;
}

}  // namespace

const Turn* TurnLog::recorded(const std::string& segment, int turn) const {
  const auto found =
      std::find_if(recorded_.turns.begin(), recorded_.turns.end(), [&](const Turn& other) {
        return other.segment == segment && other.turn == turn;
      });
  return found == recorded_.turns.end() ? nullptr : &*found;
}

void TurnLog::decide(const Decision& decision, const std::vector<Signal>& signals) {
  for (const auto& other : recorded_.decisions) {
    if (other.call != decision.call || other.phase != decision.phase) continue;
    if (other.decision != decision.decision || other.mode != decision.mode) {
      throw ReplayDiverged(fmt::format("turn {} is decided differently", decision.turn));
    }
    return;
  }
  recorder_.judge(decision, signals);
}

std::vector<Message> TurnLog::finish(Turn turn, const std::vector<Message>& observed) {
  if (const Turn* record = recorded(turn.segment, turn.turn)) return replayed(*record, turn);
  json messages = json::array();
  for (const auto& message : observed) messages.push_back(to_json(message));
  turn.observation = messages.dump(-1, ' ', false, json::error_handler_t::replace);
  recorder_.finish_turn(turn);
  return observed;
}

}  // namespace weir
