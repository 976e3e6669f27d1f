#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runners/grade/strict_log.hpp"

namespace weir::strict {

/// Collects what one log lists and how its runner closes, and holds the one against
/// the other. One log, one thread.
class Tally {
 public:
  /// A test of a status. `place` tells namesakes apart (a file, a package): only in
  /// one place can one test contradict itself.
  void saw(std::string_view id, std::string_view status, std::string_view place = {});
  /// Tests of a status that are counted, with or without a name.
  void count(std::string_view status, int tests = 1);
  /// saw and count.
  void list(std::string_view id, std::string_view status, std::string_view place = {});

  /// Closing words of the runner; counts add up.
  void close(const RunnerSummary& summary);
  void contradict(std::string what);

  [[nodiscard]] bool closed() const { return log_.summary.has_value(); }
  [[nodiscard]] int counted(std::string_view status) const;

  enum class Closing { always, sometimes };
  enum class Listing { whole, partial };
  /// The log, once read. `closing`: whether the runner always has closing words;
  /// `listing`: whether statuses that are listed at all are listed for all tests.
  StrictLog finish(Closing closing, Listing listing);

 private:
  void compare(std::string_view status, std::optional<int> said, Listing listing);

  StrictLog log_;
  TestStatuses placed_;  ///< by place and id
  std::map<std::string, int, std::less<>> counts_;
  int since_closing_ = 0;
  int listed_ = 0;
};

}  // namespace weir::strict
