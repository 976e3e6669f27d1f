#pragma once

#include "tasks/task.hpp"

namespace weir {

/// Takes down in which box each verifier of `task` judges, by Harbor's rules: a step's own
/// word goes before the task's; a verifier with an environment of its own is separate. Its
/// declaration is the step's, else the task verifier's, else the agent's; what it is built
/// from is the Dockerfile among its tests (the step's tests where it has some), else the image
/// declared, else what the agent's box is built from. `folder` is the task's.
void take_verifier_boxes(Task& task, const std::filesystem::path& folder);

}  // namespace weir
