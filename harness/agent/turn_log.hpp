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

  /// Throws ReplayDiverged if the record decided otherwise.
  void decide(const Decision& decision, const std::vector<Signal>& signals);

  /// Ends a turn that appended `observed` to the history; returns what it
  /// appends in fact. A recorded turn must have gone the same way, and the text
  /// the model saw then is what it sees now, so that timings in outputs cannot
  /// change the requests that follow. Throws ReplayDiverged.
  [[nodiscard]] std::vector<Message> finish(Turn turn, const std::vector<Message>& observed);

 private:
  [[nodiscard]] std::vector<Message> from_cassette(const Turn& turn,
                                                   const std::vector<Message>& observed) const;

  Recorder& recorder_;
  const RecordedTurns& recorded_;
  const std::vector<Turn>& cassette_;
};

}  // namespace weir
