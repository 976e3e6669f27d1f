#pragma once

#include <string>

#include "tasks/compose_file.hpp"
#include "tasks/compose_tree.hpp"

namespace weir {

/// One service of a compose file: every key of the compose specification is honoured, refused,
/// or named as meaning nothing here; see the tables. Throws UserError.
[[nodiscard]] ComposeService read_compose_service(const std::string& name, ComposeNode node);

/// Whether others can reach a service by this name: letters, digits, '.', '_', '-', no '-' first.
[[nodiscard]] bool is_host_name(const std::string& name);

}  // namespace weir
