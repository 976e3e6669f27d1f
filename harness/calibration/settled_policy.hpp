#pragma once

#include <string>

namespace weir {

/// A policy's text with this threshold and neither [explore] nor [certificate]: what runs
/// where nothing is explored. Throws UserError if the text cannot be changed line by line
/// (inline tables).
[[nodiscard]] std::string settled_policy(const std::string& text, double threshold);

}  // namespace weir
