#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/router/certificate.hpp"
#include "results/store/reader.hpp"

namespace weir {

/// What a policy sees on its tasks, in rates: the mean over trials of a trial's mean of each
/// weighted signal, and `escalated`, its share of strong turns. Tasks are the independent
/// units. `weights`: of trials by id; empty = all alike; trials without a weight count 0. Of
/// fewer than 30 tasks nothing is said.
[[nodiscard]] std::map<std::string, SignalRate> signal_rates(
    const Reader& reader, const std::vector<Run>& runs, const std::string& config,
    const std::vector<std::string>& signals, const std::map<std::string, double>& weights);

/// Lines to shout: rates that differ from the certificate's by more than chance, which
/// a promise for its population does not survive unseen.
[[nodiscard]] std::vector<std::string> drifted(const std::map<std::string, SignalRate>& certified,
                                               const std::map<std::string, SignalRate>& now);

/// What a finished run shows of its certificates: who served, and whether its signals are
/// those of the certificate's population. Lines to shout, by config.
[[nodiscard]] std::vector<std::string> watch_certificates(const Reader& reader, const Run& run);

}  // namespace weir
