#pragma once

#include <string>

#include "harness/model_room.hpp"
#include "runners/watchdog.hpp"

namespace weir {

// Twenty fixed prompts with one right answer each, asked of every model before a
// run and after it: a model that changed under its name shows. Its calls are
// rows and cost money like any others; they belong to trials of their own,
// "@canary", which no table of trials lists.

enum class CanaryPhase { before = 1, after = 2 };

/// Asks every model of `experiment` that is real. `reader`: of the run's
/// database, for calls an earlier execution has made. Throws Cancelled.
void run_canary(const ModelRoom& models, const Experiment& experiment, const std::string& run,
                CanaryPhase phase, Writer& writer, const Reader& reader, Watchdog& watchdog,
                std::stop_token stop);

/// What the canary saw, a line per model: how many answers are the same after
/// as before, and how length and latency moved. "" without both phases.
[[nodiscard]] std::string canary_report(const Reader& reader, const std::string& run);

}  // namespace weir
