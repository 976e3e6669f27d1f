#pragma once

#include "harness/calibration/paired_tasks.hpp"
#include "harness/calibration/run_log.hpp"

namespace weir {

/// Two plain arms of the runs as pairs (runs must share models, agent and limits): one attempt of
/// each task under both. Signals of the base trial's end: turns, calls, usd, output_tokens, hash.
/// Trials without an outcome are left out with their pair.
[[nodiscard]] PairedTasks read_run_pairs(const Reader& reader, const RunSelection& selection,
                                         const PairsQuery& query);

}  // namespace weir
