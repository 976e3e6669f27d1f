#pragma once

#include <string>
#include <vector>

namespace weir::cli {

/// Text columns for the terminal, padded to the widest cell, two spaces apart.
/// Control characters are shown as '?'; width counts code points.
[[nodiscard]] std::string columns(const std::vector<std::vector<std::string>>& rows);

/// `text` safe to print: no control characters but newline and tab.
[[nodiscard]] std::string printable(const std::string& text);

}  // namespace weir::cli
