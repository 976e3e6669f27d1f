#pragma once

#include <string>

#include "tasks/swebench_instance.hpp"
#include "tasks/task.hpp"

namespace weir {

/// Lets `grading` test as the row itself says (grading.official), in the image that the row
/// declares: an eval script cut at its markers, its commit named by the tag of the one there is;
/// or test commands with a log parser of a known kind. Returns why that cannot be done, in words
/// that say what to do; "" if it can. Whether the parser's name is known is for graders to say.
[[nodiscard]] std::string test_as_the_row_says(const SwebenchInstance& instance,
                                               PatchGrading& grading);

}  // namespace weir
