#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One commit, with what it changed against its first parent.
struct HistoryCommit {
  std::string sha;
  std::string parent;  ///< "" of a first commit: there is nothing to change
  std::string message;
  std::string date;  ///< the author's, ISO 8601
  std::string diff;  ///< as git writes it, binary files included, without renames
};

/// "owner/name" out of a remote's URL, in characters that file names may have; "" if the
/// URL has no two parts for them. Pure.
[[nodiscard]] std::string repository_name(std::string_view url);

/// A git repository on the host, which is only read. Needs git. Safe to share between
/// threads.
class GitHistory {
 public:
  /// `folder` may be bare, a work tree, or a folder in one. Throws UserError if it is none.
  explicit GitHistory(const std::filesystem::path& folder);

  /// Where its objects are: what place_repository takes.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  /// "owner/name" by its remote (origin, else the first), else "local/FOLDER".
  [[nodiscard]] std::string name() const;
  /// Full hashes, oldest first, of what `spec` names: one commit, or with "A..B" those of
  /// the range that are no merges. Throws UserError for what names no commit.
  [[nodiscard]] std::vector<std::string> commits(const std::string& spec) const;
  /// Throws UserError if the commit cannot be read.
  [[nodiscard]] HistoryCommit read(const std::string& sha) const;
  /// Puts `commit` without its history into the bare repository `target`, which is made if
  /// it is not there. Throws UserError if `target` is something else.
  void copy_commit(const std::string& commit, const std::filesystem::path& target) const;

 private:
  [[nodiscard]] std::string git(std::vector<std::string> words) const;
  [[nodiscard]] std::string commit_named(const std::string& name) const;

  std::filesystem::path folder_;
  std::filesystem::path directory_;
};

}  // namespace weir
