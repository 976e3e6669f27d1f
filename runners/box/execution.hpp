#pragma once

#include <chrono>

#include "runners/box/channel.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// Runs one command through a box's channel: sends the request, reads both
/// streams under their caps, enforces the deadline on everything the command
/// started, and returns when the command is reaped plus a short drain, never on
/// the end of a pipe that somebody may still hold. `lost` is set when the init
/// no longer answers; the box is then of no use.
[[nodiscard]] ExecResult run_command(Channel& channel, const ExecRequest& request, bool& lost);

}  // namespace weir::box
