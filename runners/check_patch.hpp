#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runners/sandbox.hpp"

namespace weir {

/// A diff that a command feeds to `git apply` or `patch` through a heredoc.
struct InlinePatch {
  std::string folder;  ///< where it would be applied; "" = the command's own
  std::vector<std::string> options;  ///< that change where or how it applies: -R, -pN, ...
  std::string diff;
};

/// Finds the first such diff in a shell command; nullopt if there is none, or if
/// it is applied with an option this check does not understand.
[[nodiscard]] std::optional<InlinePatch> find_inline_patch(std::string_view command);

/// Whether `patch` would apply in the box now. Changes nothing there; known
/// before the command runs. nullopt if the check itself could not run.
[[nodiscard]] std::optional<bool> patch_applies(Box& box, const InlinePatch& patch,
                                                const ExecRequest& like);

}  // namespace weir
