#pragma once

namespace weir {

// The few distributions the other files need: the only ones who meet Boost.Math
// are distributions.cpp and proportion.cpp.

/// Quantile of the standard normal distribution; `p` in (0, 1).
[[nodiscard]] double normal_quantile(double p);
/// P(Z <= z) of the standard normal distribution.
[[nodiscard]] double normal_cdf(double z);
/// Quantile of Student's t with `df` > 0 degrees of freedom.
[[nodiscard]] double t_quantile(double p, double df);
/// P(T <= t) of Student's t with `df` > 0 degrees of freedom.
[[nodiscard]] double t_cdf(double t, double df);
/// P(Bin(n, p) <= k); 0 for k < 0, 1 for k >= n.
[[nodiscard]] double binomial_cdf(double k, double n, double p);
/// P(Bin(n, p) = k).
[[nodiscard]] double binomial_pdf(double k, double n, double p);
/// Two-sided Fisher exact test of a 2x2 table: the sum of the probabilities of
/// all tables with the same margins that are no likelier than this one. 1 where
/// a margin is 0. Source: Fisher (1922), JRSS 85; convention of R's fisher.test.
[[nodiscard]] double fisher_exact(int hits_a, int n_a, int hits_b, int n_b);

}  // namespace weir
