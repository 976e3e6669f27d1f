#pragma once

#include <string>
#include <vector>

#include "harness/model/chat.hpp"
#include "harness/router/cascade.hpp"
#include "results/record.hpp"

namespace weir {

/// What a try that is resumed has already written down.
struct RecordedTurns {
  std::vector<Turn> turns;
  std::vector<Decision> decisions;
};

/// What a decision is about: a call of a turn, at a moment of it.
struct DecisionPlace {
  std::string segment;
  int turn = 0;
  int tier = 0;
  std::string call;
  std::string phase;  ///< choose | draft | result | end
};

/// Writes a trajectory's turns and decisions down; or, where a resumed try has
/// them already, holds the new ones against the record and adds no row. A trial
/// replayed from another run's cassette writes its own rows and sees what the
/// model saw then, as long as it went the same way. One thread.
class TurnLog {
 public:
  TurnLog(Recorder& recorder, const RecordedTurns& recorded, const std::vector<Turn>& cassette)
      : recorder_(recorder), recorded_(recorded), cassette_(cassette) {}

  /// The record of a turn; nullptr if there is none.
  [[nodiscard]] const Turn* recorded(const std::string& segment, int turn) const;

  /// A tier chosen before the call, by a rule that needs no draft. These two throw
  /// ReplayDiverged if the record decided otherwise.
  void chosen(const DecisionPlace& place, const Choice& choice, double threshold);
  /// A draft or a result judged, with the signals that came to be known at this moment.
  void judged(const DecisionPlace& place, const Judgement& judgement, double threshold,
              const TurnEvidence& evidence);

  /// Ends a turn that appended `observed` to the history; returns what it
  /// appends in fact. A recorded turn must have gone the same way, and the text
  /// the model saw then is what it sees now, so that timings in outputs cannot
  /// change the requests that follow. Throws ReplayDiverged.
  [[nodiscard]] std::vector<Message> finish(Turn turn, const std::vector<Message>& observed);

 private:
  void decide(const Decision& decision, const std::vector<Signal>& signals);
  [[nodiscard]] std::vector<Message> from_cassette(const Turn& turn,
                                                   const std::vector<Message>& observed) const;

  Recorder& recorder_;
  const RecordedTurns& recorded_;
  const std::vector<Turn>& cassette_;
};

}  // namespace weir
