#include "results/exchange/trial_record.hpp"

#include <algorithm>

namespace weir {

TrialRecord read_trial_record(const Reader& reader, const Run& run, const ConfigRow& config,
                              const TrialSummary& trial) {
  return {run,
          config,
          trial,
          reader.counted_try(trial.trial),
          reader.first_prompt(trial.trial),
          reader.step_prompts(trial.trial),
          reader.turns(trial.trial),
          reader.calls(trial.trial),
          reader.decisions(trial.trial)};
}

const StepPrompt* later_step(const TrialRecord& record, int number) {
  for (std::size_t i = 1; i < record.steps.size(); ++i) {
    if (record.steps[i].number == number) return &record.steps[i];
  }
  return nullptr;
}

std::vector<TurnCalls> turns_of(const TrialRecord& record) {
  std::vector<TurnCalls> turns;
  for (const Call& call : record.calls) {
    const bool same = !turns.empty() && turns.back().turn == call.turn &&
                      restarts_before(turns.back().segment) == restarts_before(call.segment);
    if (!same) turns.push_back({call.segment, call.turn, nullptr, {}});
    turns.back().calls.push_back(&call);
  }
  for (TurnCalls& turn : turns) {
    const auto found =
        std::find_if(record.turns.begin(), record.turns.end(), [&](const Turn& other) {
          return other.turn == turn.turn &&
                 restarts_before(other.segment) == restarts_before(turn.segment);
        });
    if (found == record.turns.end()) continue;
    turn.accepted = &*found;
    std::stable_partition(turn.calls.begin(), turn.calls.end(),
                          [&](const Call* call) { return call->id != found->accepted_call; });
  }
  return turns;
}

}  // namespace weir
