#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/dataset/rows_page.hpp"
#include "tasks/digest.hpp"

namespace weir {

/// A file of rows that is being fetched: FILE.part holds the rows so far, FILE.part.json
/// says of which split they are and how far they are sound. After each append both are on
/// the disk, so that whatever ends the process, the next one goes on from there. One
/// process at a time: the rows are locked while this lives. Not thread-safe.
class PartialFile {
 public:
  /// Takes up what an earlier fetch of `split` left, if it is sound. Throws UserError if
  /// another process fetches there, or what lies there is something else.
  PartialFile(const std::filesystem::path& file, const DatasetSplit& split);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  /// Of the whole split, as it was told; -1 before anything was fetched.
  [[nodiscard]] std::int64_t total() const { return total_; }
  [[nodiscard]] const std::string& last_line() const { return last_line_; }
  [[nodiscard]] std::string sha256() const { return digest_->hex(); }
  /// Why rows that lay there were not taken up; "" if they were, or there were none.
  [[nodiscard]] const std::string& discarded() const { return discarded_; }

  /// Throws UserError if the disk refuses.
  void append(const std::vector<std::string>& lines, std::int64_t total);
  /// Drops all rows, for `why`.
  void restart(const std::string& why);
  /// Puts the rows in their place in one step, and beside them FILE.sha256 as sha256sum
  /// reads it.
  void finish();

 private:
  void open_and_lock();
  void take_up();
  [[nodiscard]] bool read_rows(std::int64_t bytes);
  void write(std::string_view bytes);
  void write_state() const;
  [[noreturn]] void fail(const std::filesystem::path& path) const;

  std::filesystem::path file_;
  std::filesystem::path part_;
  std::filesystem::path state_;
  DatasetSplit split_;
  int fd_ = -1;
  std::int64_t rows_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t total_ = -1;
  std::string last_line_;
  std::string discarded_;
  std::optional<Sha256> digest_{std::in_place};  ///< of the rows so far
};

}  // namespace weir
