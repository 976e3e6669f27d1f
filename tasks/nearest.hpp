#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// The candidate closest to `word` by edit distance, or "" when none is close
/// enough to be what was meant.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// The same with at most `edits` of distance: a slip of the pen, not another word.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates,
                                  std::size_t edits);

/// "; did you mean \"x\"?" for the nearest candidate, or "".
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& candidates);

}  // namespace weir
