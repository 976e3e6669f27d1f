#pragma once

#include <optional>
#include <vector>

namespace weir {

// p-values and rules that certify a threshold. Losses are in [0, 1], lower is
// better; `alpha` is the loss that must not be exceeded.

/// p-value of H0: mean loss > alpha from n losses of mean `rhat`:
/// min(exp(-n KL(min(rhat, alpha) || alpha)), e P(Bin(n, alpha) <= ceil(n rhat)), 1).
/// Source: Bates et al. (2021), JACM 68, thm 2 and prop. 4.
[[nodiscard]] double hoeffding_bentkus(double rhat, int n, double alpha);

struct FixedSequence {
  std::vector<double> p;    ///< P(Bin(n, alpha) <= fails) of each candidate
  int last_certified = -1;  ///< index; -1: none. All up to it hold jointly
};

/// Tests candidates in the given order, safest first, each at `delta`, and stops at
/// the first that fails. Source: Angelopoulos et al. (2021), Learn then Test, sec. 3.
[[nodiscard]] FixedSequence fixed_sequence(const std::vector<int>& fails, const std::vector<int>& n,
                                           double alpha, double delta);

/// Index of the first candidate with (n rhat + bound) / (n + 1) <= alpha, where loss
/// falls from candidate to candidate; controls the mean risk, not a probability.
/// nullopt: none. Source: Angelopoulos et al. (2024), Conformal risk control, eq. 4.
[[nodiscard]] std::optional<int> conformal_risk_control(
    const std::vector<std::vector<double>>& losses_by_candidate, double alpha, double bound);

}  // namespace weir
