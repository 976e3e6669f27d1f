#pragma once

#include <string>
#include <string_view>

#include "results/exchange/foreign.hpp"

namespace weir {

/// What another harness's word for the end of a trial means here: failure modes of
/// Terminal-Bench, exception types of Harbor. The one table of them is endings.cpp.
struct ForeignEnding {
  std::string_view name;
  std::string_view stop_reason;  ///< name of a StopReason; "" = the word does not tell
  Outcome ungraded;              ///< the outcome where no verdict was given
  bool never_began = false;      ///< the agent did nothing: a verdict is not its own
};

/// nullptr for a word that is not in the table.
[[nodiscard]] const ForeignEnding* find_ending(std::string_view name);

/// Takes the word into `trial`, whose outcome is the verdict so far: resolved, unresolved,
/// or not_run where there was none.
/// - A verdict stands: a rewarded timeout is resolved, and stopped by the clock.
/// - But where the word means missing data (a provider's or a machine's error), what is not
///   resolved is missing, no failure of the model; and an agent that never began has no
///   verdict at all.
/// - Without a verdict the table decides; a word it does not hold is infra_error.
/// The word is kept as error_class, but for a clock's, which stop_reason says in full.
/// "", "unset" and "none" say nothing.
void take_ending(ForeignTrial& trial, const std::string& name);

}  // namespace weir
