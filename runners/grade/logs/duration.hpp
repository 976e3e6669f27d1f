#pragma once

#include <string>
#include <string_view>

namespace weir::logs {

// What some runners add to a test's name. Of a name that would be nothing but
// an addition, all is kept.

/// Without " (12 ms)" or " (3s)" at the end.
[[nodiscard]] std::string_view without_bracketed_duration(std::string_view name);

/// Without " 12 ms", " 12" or " [skipped]" at the end.
[[nodiscard]] std::string_view without_bare_duration(std::string_view name);

/// Without every "(12ms)", stripped.
[[nodiscard]] std::string without_durations(std::string_view name);

}  // namespace weir::logs
