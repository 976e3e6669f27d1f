#pragma once

#include <string>
#include <string_view>

#include "tasks/swebench_instance.hpp"
#include "tasks/task.hpp"

namespace weir {

/// Lets `grading` test as the row itself says (grading.official), in the image that the row
/// declares: an eval script cut at its markers, its commit named by the tag of the one there is;
/// or test commands with a log parser's name, or (Live) its program. Returns why that cannot be
/// done, in words that say what to do; "" if it can. Whether the parser's name is known is for
/// graders to say.
[[nodiscard]] std::string test_as_the_row_says(const SwebenchInstance& instance,
                                               PatchGrading& grading);

/// What a log parser of SWE-rebench's does that SWE-bench's of the same name (with or without
/// `parse_log_`) does not; "" if nothing that a verdict could rest on. Their module and SWE-bench
/// 5.0.2, compared by code.
[[nodiscard]] std::string_view rebench_parser_differs(std::string_view name);

}  // namespace weir
