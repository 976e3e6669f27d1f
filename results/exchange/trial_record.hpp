#pragma once

#include <string>
#include <vector>

#include "results/record.hpp"
#include "results/store/reader.hpp"

namespace weir {

/// All that is kept of one trial's counted try: what an export tells.
struct TrialRecord {
  Run run;
  ConfigRow config;
  TrialSummary trial;
  Try attempt;
  std::string prompt;  ///< first messages and tools, as JSON text; "" = no model was asked
  std::vector<StepPrompt> steps;  ///< of a multi-step task, as far as it was walked
  std::vector<Turn> turns;
  std::vector<Call> calls;
  std::vector<Decision> decisions;
};

/// The step whose conversation began with segments of this number; nullptr if it is none's, or
/// the first one's, whose prompt is the trial's.
[[nodiscard]] const StepPrompt* later_step(const TrialRecord& record, int number);

[[nodiscard]] TrialRecord read_trial_record(const Reader& reader, const Run& run,
                                            const ConfigRow& config, const TrialSummary& trial);

/// Calls in the order in which their turns went: drafts and votes as they were asked, then
/// the accepted one, whose observation follows it.
struct TurnCalls {
  std::string segment;  ///< in which it began; where ways part in its midst it ends in another
  int turn = 0;
  const Turn* accepted = nullptr;  ///< nullptr: nothing of this turn was accepted
  std::vector<const Call*> calls;
};
/// Refers to `record`.
[[nodiscard]] std::vector<TurnCalls> turns_of(const TrialRecord& record);

}  // namespace weir
