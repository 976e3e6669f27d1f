#pragma once

#include <memory>

#include "runners/agent.hpp"

namespace weir {

/// `oracle`: hands in the gold solution. It must pass, or the task is broken.
[[nodiscard]] std::unique_ptr<Agent> make_oracle_agent(const Hidden& hidden,
                                                       const PreparedEnvironment& environment);

/// `nop`: does nothing. It must fail, or the task is.
[[nodiscard]] std::unique_ptr<Agent> make_nop_agent();

}  // namespace weir
