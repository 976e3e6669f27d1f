#include "harness/agent/turn_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runners/agent.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::vector<Message> observed_then(const Turn& record) {
  std::vector<Message> messages;
  for (const auto& message : json::parse(record.observation)) {
    messages.push_back(message_from_json(message));
  }
  return messages;
}

std::vector<Message> replayed(const Turn& record, const Turn& turn) {
  if (record.accepted_call != turn.accepted_call || record.results != turn.results) {
    throw ReplayDiverged(fmt::format("turn {} went another way than recorded", turn.turn));
  }
  return observed_then(record);
}

}  // namespace

const Turn* TurnLog::recorded(const std::string& segment, int turn) const {
  const auto found =
      std::find_if(recorded_.turns.begin(), recorded_.turns.end(), [&](const Turn& other) {
        return other.segment == segment && other.turn == turn;
      });
  return found == recorded_.turns.end() ? nullptr : &*found;
}

void TurnLog::chosen(const DecisionPlace& place, const Choice& choice, double threshold) {
  if (choice.rule.empty()) return;
  const bool up = choice.tier > 0;
  decide({place.segment, place.turn, place.tier, place.call, up ? "escalate" : "accept",
          place.phase, choice.rule, 0, threshold, choice.propensity, up ? "next_turn" : "", "",
          choice.grid},
         {});
}

void TurnLog::judged(const DecisionPlace& place, const Judgement& judgement, double threshold,
                     const TurnEvidence& evidence) {
  std::vector<Signal> signals;
  for (const auto& definition : signal_definitions()) {
    const bool again = place.phase == "result" && definition.known == Moment::draft &&
                       !definition.of_tests;
    const auto value = judgement.signals.find(std::string(definition.name));
    if (again || value == judgement.signals.end()) continue;
    signals.push_back({place.segment, place.turn, place.call, std::string(definition.name),
                       value->second, visibility_of(definition, evidence)});
  }
  decide({place.segment, place.turn, place.tier, place.call,
          judgement.escalate ? "escalate" : "accept", place.phase, judgement.rule, judgement.score,
          threshold, judgement.propensity, judgement.mode, judgement.undo, judgement.grid},
         signals);
}

void TurnLog::decide(const Decision& decision, const std::vector<Signal>& signals) {
  for (const auto& other : recorded_.decisions) {
    if (other.segment != decision.segment || other.call != decision.call ||
        other.phase != decision.phase) {
      continue;
    }
    if (other.decision != decision.decision || other.mode != decision.mode) {
      throw ReplayDiverged(fmt::format("turn {} is decided differently", decision.turn));
    }
    return;
  }
  recorder_.judge(decision, signals);
}

std::vector<Message> TurnLog::finish(Turn turn, const std::vector<Message>& observed) {
  if (const Turn* record = recorded(turn.segment, turn.turn)) return replayed(*record, turn);
  std::vector<Message> seen = from_cassette(turn, observed);
  json messages = json::array();
  for (const auto& message : seen) messages.push_back(to_json(message));
  turn.observation = messages.dump(-1, ' ', false, json::error_handler_t::replace);
  recorder_.finish_turn(turn);
  return seen;
}

/// Where commands and results are those of the cassette, so is the text: times
/// in outputs must not change the requests that follow.
std::vector<Message> TurnLog::from_cassette(const Turn& turn,
                                            const std::vector<Message>& observed) const {
  const auto found =
      std::find_if(cassette_.begin(), cassette_.end(), [&](const Turn& record) {
        return record.turn == turn.turn && record.tier == turn.tier &&
               record.actions == turn.actions && record.results == turn.results;
      });
  return found == cassette_.end() ? observed : observed_then(*found);
}

}  // namespace weir
