#pragma once

#include <memory>

#include "harness/agent/computer_interface.hpp"

namespace weir {

/// Of the `terminal` agent: one shell on a pty that lives as long as the box does
/// (terminal_protocol.hpp). Its turns cannot be undone.
[[nodiscard]] std::unique_ptr<ComputerInterface> make_terminal_interface(
    const ComputerInterface::Parts& parts);

}  // namespace weir
