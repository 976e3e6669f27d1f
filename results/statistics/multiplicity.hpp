#pragma once

#include <vector>

namespace weir {

/// p-values adjusted so that all claims below alpha hold together with probability
/// 1 - alpha. Order kept. Source: Holm (1979), Scand. J. Statistics 6.
[[nodiscard]] std::vector<double> holm(const std::vector<double>& p);

/// p-values adjusted for the false discovery rate: for screening, not for claims.
/// Source: Benjamini & Hochberg (1995), JRSS B 57.
[[nodiscard]] std::vector<double> benjamini_hochberg(const std::vector<double>& p);

}  // namespace weir
