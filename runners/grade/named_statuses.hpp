#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runners/grade/test_statuses.hpp"

namespace weir {

/// One test as a data set's own program reports it, in that program's words.
struct NamedStatus {
  std::string name;
  std::string status;
};

/// What such a program made of a log.
struct NamedStatuses {
  std::vector<NamedStatus> tests;  ///< in its order; a name may be there more than once
  std::string failure;             ///< why nothing of it counts; "" if it does
};

/// How much JSON such a program may write, in bytes.
inline constexpr std::size_t kMostNamedStatuses = std::size_t{32} << 20;

/// Reads {"tests": [{"name", "status"}, ...]}, other keys aside. Anything else, text that is not
/// UTF-8 and text longer than kMostNamedStatuses too, is a failure that names the place. Pure.
[[nodiscard]] NamedStatuses parse_named_statuses(std::string_view json);

/// What one of Weir's own parsers read, in SWE-bench-Live's words: pass, skip, and fail for all
/// else.
[[nodiscard]] NamedStatuses as_live_statuses(const TestStatuses& statuses);

}  // namespace weir
