#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "runners/grade/strict_log.hpp"

namespace weir::strict {

/// A word of a runner's closing line, and what it counts (nothing: it is passed over).
struct CountWord {
  std::string_view word;
  std::optional<int> RunnerSummary::*count = nullptr;
};
using CountWords = std::initializer_list<CountWord>;

/// ASCII digits at the front of a text; saturates.
[[nodiscard]] std::optional<int> take_count(std::string_view& text);

/// "3 failed, 10 passed": every item a number and one of the words, or it is no such
/// line. What is not named stays as `start` has it.
[[nodiscard]] std::optional<RunnerSummary> counts_before_words(std::string_view line,
                                                               std::string_view separator,
                                                               CountWords words,
                                                               RunnerSummary start = {});

/// "Tests: 12, Failures: 1": every item one of the words, then a number.
[[nodiscard]] std::optional<RunnerSummary> counts_behind_words(std::string_view line,
                                                               std::string_view separator,
                                                               CountWords words);

}  // namespace weir::strict
