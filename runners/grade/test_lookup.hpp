#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runners/grade/test_statuses.hpp"

namespace weir {

/// What a status means for an expected test. `other`: a word that is none of the
/// five, as parsers store that keep what a line began with.
enum class TestOutcome { passed, skipped, failed, other, missing };

/// Finds expected tests among a log's: exactly, or, for an id cut inside its
/// parameter ("[" outnumbers "]"), by prefix if all that match agree on whether
/// they passed; then the first seen counts. SWE-bench's rule. Keeps a reference
/// to the statuses; not thread-safe.
class TestLookup {
 public:
  explicit TestLookup(const TestStatuses& statuses) : statuses_(statuses) {}
  [[nodiscard]] TestOutcome outcome_of(std::string_view id);

 private:
  const TestStatuses::Entry* by_prefix(std::string_view id);

  const TestStatuses& statuses_;
  std::vector<const TestStatuses::Entry*> sorted_;  ///< by id; made when first needed
};

}  // namespace weir
