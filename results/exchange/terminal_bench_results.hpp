#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "results/exchange/foreign.hpp"

namespace weir {

/// Whether `value` is a results.json of the old Terminal-Bench: of a run, or of one trial.
[[nodiscard]] bool is_terminal_bench_result(const nlohmann::json& value);

/// Reads it. The file does not name its agent: trials are `config`'s. The attempt is k of
/// "TASK.k-of-n"; counts of 0 tokens are unknown (a timed-out agent reports none); failure
/// modes are read by endings.hpp. Throws UserError naming `origin` and the key.
[[nodiscard]] ForeignOutcomes read_terminal_bench_result(const nlohmann::json& value,
                                                         const std::string& origin,
                                                         const std::string& config);

/// "AGENT__MODEL" of a run_metadata.json, or "" if it names no agent.
[[nodiscard]] std::string terminal_bench_config(const nlohmann::json& metadata);

}  // namespace weir
