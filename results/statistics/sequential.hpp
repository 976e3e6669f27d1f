#pragma once

#include <vector>

namespace weir {

enum class SprtDecision { go_on, accept_h0, accept_h1 };

struct Sprt {
  double llr = 0;  ///< log likelihood ratio of p1 over p0 when it ended
  int t = 0;       ///< values used
  SprtDecision decision = SprtDecision::go_on;
};

/// Wald's sequential test of a rate p0 against p1, both in (0, 1): ends at
/// log((1 - beta) / alpha) or log(beta / (1 - alpha)).
/// Source: Wald (1945), Annals of Math. Statistics 16.
[[nodiscard]] Sprt sprt(const std::vector<int>& outcomes, double p0, double p1, double alpha,
                        double beta);

/// Lower confidence limit for the mean of values in [0, 1], by betting against each
/// candidate mean; errs with probability at most alpha. Order matters: shuffle first,
/// seeded. Predictable plug-in bets capped at 1/(2m).
/// Source: Waudby-Smith & Ramdas (2024), JRSS B 86, sec. 4.
[[nodiscard]] double betting_lower(const std::vector<double>& values, double alpha);

}  // namespace weir
