#pragma once

#include "tasks/dockerfile.hpp"
#include "tasks/task.hpp"

namespace weir {

// What terminal tasks declare, held against what Weir's runner does today: one place where
// a new ability of the runner is entered. (Networks are phase_network.hpp's.)

/// A box in the making: the agent's, or a separate verifier's.
struct BoxInMaking {
  std::string whose;  ///< goes before what is told of it: "", "verifier's box: "
  Environment& environment;
};

/// The task in hand: what it declares of its environment becomes the environment and the
/// limits; what cannot be honoured becomes a deviation, or, where the task would not be the
/// same task, a reason why it is unsupported.
void take_environment(Task& task);

/// The same for what is declared of one box.
void take_declaration(Task& task, const EnvironmentDeclaration& declared, const BoxInMaking& box,
                      TaskLimits& limits);

/// The Dockerfile's steps, and why it cannot be replayed, if so.
void take_dockerfile(Task& task, const Dockerfile& dockerfile, const BoxInMaking& box);

/// Adds a reason; the ones there stay.
void add_unsupported(Task& task, const std::string& reason);

}  // namespace weir
