#pragma once

#include <optional>

namespace weir {

// How many tasks a paired comparison needs, and what a given number can show.
// All are normal approximations; rates, differences and margins are in [0, 1].

/// Power of a two-sided paired test (McNemar) where the base alone resolves a share
/// p10 of n tasks and the new arm alone p01:
/// Phi((|d| sqrt(n) - z_{1-alpha/2} sqrt(psi)) / sqrt(psi - d^2)), d = p01 - p10,
/// psi = p01 + p10. Source: Connor (1987), Biometrics 43.
[[nodiscard]] double paired_power(double p01, double p10, int n, double alpha);

/// Tasks for the same test: ((z_{1-alpha/2} sqrt(psi) + z_{power} sqrt(psi - d^2)) / d)^2,
/// rounded up. Source: Connor (1987).
[[nodiscard]] int paired_sample_size(double p01, double p10, double alpha, double power);

/// Smallest difference that n tasks show with this power, where the differences of
/// single tasks have standard deviation `sd`: (z_{1-alpha/2} + z_{power}) sd / sqrt(n).
[[nodiscard]] double minimum_detectable(double sd, int n, double alpha, double power);

/// The same for two arms of which few tasks are known to differ: the smallest d with
/// d sqrt(n) >= z_{1-alpha/2} sqrt(psi) + z_{power} sqrt(psi - d^2), where the second
/// moment psi of a task's difference is no less than seen (with one more task that
/// differs) and than d itself needs; no less than 6 / n. nullopt: nothing up to 1 shows.
[[nodiscard]] std::optional<double> detectable_difference(double second_moment, bool single, int n,
                                                          double alpha, double power);

/// Tasks with which non-inferiority by `margin` is shown with this power when there
/// is no true difference: ((z_{1-alpha} + z_{power}) sd / margin)^2, rounded up.
[[nodiscard]] int noninferiority_sample_size(double sd, double margin, double alpha, double power);

}  // namespace weir
