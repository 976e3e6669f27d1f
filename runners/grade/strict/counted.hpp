#pragma once

#include "runners/grade/strict/readers.hpp"
#include "runners/grade/strict/tally.hpp"

namespace weir::strict {

/// What a listed test is to the runner's counts: one of those counted, or something
/// else (a file, a command), which is not compared.
enum class Listed { counted, named };

/// Tests as the official parser sees them, and closing words: `take` gets each line,
/// stripped and without colours, and adds what it counts; it returns whether it did.
/// Counts of all closing words add up.
using TakeClosing = bool(std::string_view line, RunnerSummary& counts);
[[nodiscard]] StrictLog read_counted(const Output& output, TakeClosing* take,
                                     Tally::Closing closing, Listed listed = Listed::counted);

/// Adds the counts of one closing line, if it was one.
bool add_counts(RunnerSummary& sum, const std::optional<RunnerSummary>& more);

}  // namespace weir::strict
