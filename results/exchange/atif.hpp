#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "results/exchange/foreign.hpp"

namespace weir {

// Agent trajectories in the interchange format ATIF, versions 1.0 to 1.7 (the schema of
// 1.7 holds for all). Pure functions.

/// Whether `value` says that it is an ATIF trajectory.
[[nodiscard]] bool is_atif(const nlohmann::json& value);

/// What a trajectory breaks of the format's rules, each with its place:
/// "steps[3].step_id: is 5, not 4". Empty: it is sound. Unknown keys are refused at every
/// level, with the key that was probably meant; at most 20 are told.
[[nodiscard]] std::vector<std::string> check_atif(const nlohmann::json& trajectory);

/// The trial a trajectory tells of. Its config is "AGENT__MODEL"; its task is `task`, and
/// its outcome not_run, since the format has no verdict; but a trajectory that Weir wrote
/// says all of them, and whether a simulated model made it. Tokens and costs: the totals
/// if given, else the steps' sums, unknown as soon as one of them is; steps copied from
/// another trajectory do not count. Throws UserError naming `origin` and all that
/// check_atif() finds.
[[nodiscard]] ForeignOutcomes read_atif(const nlohmann::json& trajectory, const std::string& origin,
                                        const std::string& task);

}  // namespace weir
