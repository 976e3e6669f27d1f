#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/patch.hpp"

namespace weir {

/// What a commit's message gives a task to ask for.
struct ProblemText {
  std::string text;
  std::vector<std::string> warnings;  ///< why it may be a poor question; for people
};

/// Subject and body of `message`, without the trailers at its end (Signed-off-by and other
/// ...-by, Change-Id, Fixes:, "(cherry picked from ...)" and the like). Warned of: nothing
/// but a subject, and what gives `solution` away (a file it changes, a line it adds). Pure.
[[nodiscard]] ProblemText problem_text(std::string_view message, const Patch& solution);

}  // namespace weir
