#pragma once

#include <memory>

#include "harness/agent/computer_interface.hpp"

namespace weir {

/// Of the `bash` agent: one tool, a fresh shell for every command (bash_protocol.hpp).
[[nodiscard]] std::unique_ptr<ComputerInterface> make_bash_interface(
    const ComputerInterface::Parts& parts);

}  // namespace weir
