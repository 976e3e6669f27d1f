#pragma once

#include <vector>

#include "tasks/compose_file.hpp"
#include "tasks/compose_tree.hpp"

namespace weir {

/// A service's `volumes`, in their short ("source:target:ro") and long form. What is neither a
/// volume nor a bind goes to `refused`. Throws UserError.
[[nodiscard]] std::vector<ComposeMount> read_compose_mounts(ComposeNode node,
                                                            std::vector<std::string>& refused);

}  // namespace weir
