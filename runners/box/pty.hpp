#pragma once

#include <memory>

#include "runners/box/channel.hpp"
#include "runners/sandbox.hpp"

namespace weir::box {

/// Starts a program on a new pty of the box. Throws InfraError.
[[nodiscard]] std::unique_ptr<Terminal> open_pty(Channel& channel, const TerminalRequest& request);

}  // namespace weir::box
