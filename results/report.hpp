#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "results/comparison.hpp"

namespace weir {

/// The comparison as a Markdown table with its footer. Stable for equal data:
/// no times, no widths that depend on the terminal.
[[nodiscard]] std::string markdown_report(const Comparison& comparison);

/// The same numbers as one JSON object.
[[nodiscard]] nlohmann::json json_report(const Comparison& comparison);

}  // namespace weir
