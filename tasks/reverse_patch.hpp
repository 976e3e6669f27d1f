#pragma once

#include "tasks/patch.hpp"

namespace weir {

/// The diff that takes `patch` back: what it adds is removed, new files are deleted,
/// renames go the other way. Applied after it, nothing has changed. Throws UserError for
/// what cannot be turned round: a copy, and a binary change without its old content.
[[nodiscard]] Patch reversed(const Patch& patch);

}  // namespace weir
