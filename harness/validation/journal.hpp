#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "harness/validation/validity.hpp"

namespace weir {

/// What a validation's verdicts depend on beside the task: the same, or they are not known.
struct JournalKey {
  std::string environment;  ///< as asked for
  int attempts = 1;
  friend bool operator==(const JournalKey&, const JournalKey&) = default;
};

/// A file of JSON lines, one for each task that was judged: a validation that was interrupted
/// goes on from there. Tasks the machine failed on are not kept. A line is appended whole; one
/// that a kill tore off at the end is dropped. One process at a time. Safe to share between
/// threads.
class ValidationJournal {
 public:
  /// Opens or creates `file`. Throws UserError naming file and line for what is no journal,
  /// and if another process uses it.
  ValidationJournal(const std::filesystem::path& file, JournalKey key);
  ~ValidationJournal();
  ValidationJournal(const ValidationJournal&) = delete;
  ValidationJournal& operator=(const ValidationJournal&) = delete;

  /// What was found out about the task in an environment of this digest (which holds the task's
  /// own) under the same key.
  [[nodiscard]] std::optional<TaskValidity> known(const std::string& id,
                                                  const std::string& environment) const;
  /// Keeps it, if the task was judged. Throws UserError if the disk refuses.
  void keep(const TaskValidity& task, const std::string& environment);

 private:
  void open_and_lock();
  void read_lines();

  std::filesystem::path file_;
  JournalKey key_;
  int fd_ = -1;
  /// By id and environment; const once open.
  std::map<std::pair<std::string, std::string>, TaskValidity> known_;
  std::mutex writing_;
};

}  // namespace weir
