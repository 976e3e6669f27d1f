#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// What a turn's shell commands have in common with others'. Pure functions on
// their text; they guess, as a reader would, and run nothing.

/// The commands as one text without what changes nothing: blank lines, comments,
/// runs of spaces. Two turns that would do the same by the same words are equal.
[[nodiscard]] std::string normalised(const std::vector<std::string>& commands);

/// How alike two normalised texts are, in [0,1]: pairs of neighbouring words they
/// share, over all pairs of either (Jaccard).
[[nodiscard]] double similarity(std::string_view left, std::string_view right);

/// Whether a command looks as if it changed files: an editor in batch mode, a
/// patch, a redirection into a file, a move.
[[nodiscard]] bool looks_like_an_edit(std::string_view command);

/// Whether a text holds tool calls as markup that some service failed to parse.
[[nodiscard]] bool holds_tool_markup(std::string_view text);

}  // namespace weir
