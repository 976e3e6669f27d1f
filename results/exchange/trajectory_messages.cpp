#include "results/exchange/trajectory_messages.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tasks/error.hpp"

namespace weir {
namespace {

using nlohmann::json;

json stored(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json() : value;
}

void append(json& messages, json more) {
  if (!more.is_array()) return;
  for (auto& message : more) messages.push_back(std::move(message));
}

}  // namespace

json messages_of(const TrialRecord& record) {
  const json prompt = stored(record.prompt);
  if (!prompt.is_object()) {
    throw UserError(fmt::format("{}: no trajectory is kept of it", record.trial.trial));
  }
  json messages = json::array();
  int restarts = -1;
  for (const TurnCalls& turn : turns_of(record)) {
    if (restarts_before(turn.segment) != restarts) {  // the last beginning is the one that counts
      restarts = restarts_before(turn.segment);
      if (const StepPrompt* step = later_step(record, restarts)) {
        append(messages, stored(step->prompt).value("messages", json::array()));
      } else {
        messages = prompt.value("messages", json::array());
      }
    }
    if (turn.accepted == nullptr) continue;
    for (const Call* call : turn.calls) {
      if (call->id != turn.accepted->accepted_call) continue;
      json answer = stored(call->response);
      if (answer.is_object()) messages.push_back(std::move(answer));
    }
    append(messages, stored(turn.accepted->observation));
  }
  json stats = {{"api_calls", record.calls.size()}};
  stats["instance_cost"] =
      record.trial.cost_pusd ? json(static_cast<double>(*record.trial.cost_pusd) / 1e12) : json();
  json artifacts = json::array();
  for (const auto& each : record.attempt.artifacts) {
    artifacts.push_back({{"step", each.step},
                         {"source", each.source},
                         {"path", each.path.empty() ? json() : json(each.path)},
                         {"note", each.note}});
  }
  return {{"trajectory_format", "mini-swe-agent-1"},
          {"info",
           {{"exit_status", record.trial.stop_reason},
            {"submission", record.attempt.submission},
            {"model_stats", stats},
            {"weir",
             {{"version", record.run.weir_version},
              {"trial", record.trial.trial},
              {"outcome", name_of(record.trial.outcome)},
              {"artifacts", artifacts},
              {"simulated", record.run.simulated || record.config.simulated}}}}},
          {"messages", messages}};
}

}  // namespace weir
