#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// The whole file as bytes. Throws UserError naming the file if it cannot be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// Replaces `file` with `bytes`. Throws InfraError naming the file and cause.
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// The same for a file that people keep: written beside it, then put in its place in one
/// step, so that the old one is whole until the new one is. Makes its folder; writes where
/// a link points, and straight into what is no regular file. Throws UserError naming the
/// file and cause.
void replace_file(const std::filesystem::path& file, std::string_view bytes);

/// A name as a file or folder may have it: letters, digits, '-', '_' and inner dots.
[[nodiscard]] std::string plain_file_name(const std::string& name);

/// Regular files below `folder`, relative to it, sorted by name; symlinks are
/// listed, not followed.
[[nodiscard]] std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

/// SHA-256 over names, modes' executable bits and contents below `folder`.
[[nodiscard]] std::string folder_digest(const std::filesystem::path& folder);

/// Splits at '\n'; the last piece has no terminator. "a\n" gives {"a"}.
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace weir
