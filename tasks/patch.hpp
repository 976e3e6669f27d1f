#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One hunk of a unified diff. Lines keep their leading ' ', '+', '-' or '\'
/// and their bytes (CR included), without the final '\n'.
struct Hunk {
  long old_start = 0;
  long old_count = 0;
  long new_start = 0;
  long new_count = 0;
  std::string section;  ///< what stands after the second "@@"
  std::vector<std::string> lines;
};

/// The changes to one file.
struct FileChange {
  std::vector<std::string> header;  ///< "diff --git", "index", "---", "+++", mode lines
  std::string old_path;             ///< without "a/"; "" for a new file
  std::string new_path;             ///< without "b/"; "" for a deleted file
  std::vector<Hunk> hunks;

  /// The path that names the file: the new one, or the old one if deleted.
  [[nodiscard]] const std::string& path() const { return new_path.empty() ? old_path : new_path; }
};

struct Patch {
  std::vector<FileChange> files;
};

/// Parses a unified diff as git writes it. Text before the first file is
/// dropped. Throws UserError with the line number for a malformed hunk.
[[nodiscard]] Patch parse_patch(std::string_view text);

/// The diff as text; parse_patch(render(p)) == p. Counts are recomputed from
/// the lines, so that an edited hunk still applies.
[[nodiscard]] std::string render(const Patch& patch);

/// Paths the diff touches, in order, without duplicates.
[[nodiscard]] std::vector<std::string> touched_files(const Patch& patch);

/// Whether a change says only that binary files differ ("Binary files a/x and b/x differ"), and
/// not how.
[[nodiscard]] bool lacks_content(const FileChange& change);

/// `diff` without the files whose change is binary; else as it stands, malformed parts too.
[[nodiscard]] std::string without_binary_files(std::string_view diff);

}  // namespace weir
