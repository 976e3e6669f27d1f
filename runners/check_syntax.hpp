#pragma once

#include <optional>

#include "runners/check_tests.hpp"

namespace weir {

/// How many files that `after` changed since `before` do not parse now, though they
/// did before or were not there: Python, JSON, TOML, shell, JavaScript and Ruby, by the
/// box's own tools, each in a box of its own. A language whose tool is missing is not
/// judged. nullopt if the check could not run.
[[nodiscard]] std::optional<int> newly_unparsable(const CheckRoom& room, const SnapshotPtr& before,
                                                  const SnapshotPtr& after);

}  // namespace weir
