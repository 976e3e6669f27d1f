#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/router/evidence.hpp"

namespace weir {

/// A vote among samples of one turn: which says what most say, and how far they
/// agree. Samples are compared as normalised texts of their commands; one that
/// cannot be acted on is "".
struct Vote {
  VoteTally tally;
  std::size_t winner =
      0;  ///< the first sample of the most frequent class; ties: of the earlier one
};
[[nodiscard]] Vote count_votes(const std::vector<std::string>& samples);

}  // namespace weir
