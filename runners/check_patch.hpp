#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runners/sandbox.hpp"

namespace weir {

/// A diff that a command feeds to `git apply` or `patch` through a heredoc.
struct InlinePatch {
  std::string folder;  ///< where it would be applied; "" = the command's own
  std::string diff;
};

/// Finds the first such diff in a shell command; nullopt if there is none.
[[nodiscard]] std::optional<InlinePatch> find_inline_patch(std::string_view command);

/// Whether `patch` would apply in the box now. Changes nothing there; known
/// before the command runs. nullopt if the check itself could not run.
[[nodiscard]] std::optional<bool> patch_applies(Box& box, const InlinePatch& patch,
                                                const ExecRequest& like);

}  // namespace weir
