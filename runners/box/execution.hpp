#pragma once

#include <chrono>
#include <functional>

#include "runners/box/channel.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// Runs one command through a box's channel: sends the request, reads both
/// streams under their caps, enforces the deadline on everything the command
/// started, and returns when the command is reaped plus a short drain, never on
/// the end of a pipe that somebody may still hold. `lost` is set when the init
/// no longer answers; the box is then of no use. `over_disk` is asked now and
/// then; once it says yes the command is ended as output_limit.
[[nodiscard]] ExecResult run_command(Channel& channel, const ExecRequest& request, bool& lost,
                                     const std::function<bool()>& over_disk);

}  // namespace weir::box
