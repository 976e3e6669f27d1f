#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "results/record.hpp"
#include "results/store/reader.hpp"

namespace weir {

/// Lets a trial know how the attempt before it went, where its policy asks. Attempts
/// of one task and config are begun in order, so that none waits for one that comes
/// later. Safe to share between threads.
class PreviousAttempts {
 public:
  /// `pending`: ids of the trials this execution is to do.
  explicit PreviousAttempts(std::set<std::string> pending) : pending_(std::move(pending)) {}

  /// Waits for the attempt before `trial` and tells whether it visibly failed: it ended
  /// without submitting, or submitted with its visible tests red. What the grader said
  /// is not looked at. Throws Cancelled, also where that attempt was abandoned.
  [[nodiscard]] bool failed_before(const Trial& trial, const Reader& reader,
                                   const std::stop_token& stop);
  /// `trial` is over; or abandoned, to be gone on with when the run is resumed.
  void finished(const std::string& trial);
  void abandoned(const std::string& trial);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::string> pending_;
  std::set<std::string> abandoned_;
};

}  // namespace weir
