#include "results/statistics/distributions.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace weir {

namespace math = boost::math;

double normal_quantile(double p) {
  return math::quantile(math::normal(), p);
}

double normal_cdf(double z) {
  return math::cdf(math::normal(), z);
}

double t_quantile(double p, double df) {
  return math::quantile(math::students_t(df), p);
}

double t_cdf(double t, double df) {
  return math::cdf(math::students_t(df), t);
}

double binomial_cdf(double k, double n, double p) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return math::cdf(math::binomial(n, p), k);
}

double binomial_pdf(double k, double n, double p) {
  if (k < 0 || k > n) return 0;
  return math::pdf(math::binomial(n, p), k);
}

double fisher_exact(int hits_a, int n_a, int hits_b, int n_b) {
  const int hits = hits_a + hits_b;
  const int n = n_a + n_b;
  if (n_a == 0 || n_b == 0 || hits == 0 || hits == n) return 1;
  const math::hypergeometric table(static_cast<unsigned>(hits), static_cast<unsigned>(n_a),
                                   static_cast<unsigned>(n));
  const double seen = math::pdf(table, static_cast<unsigned>(hits_a));
  double p = 0;
  for (int k = std::max(0, hits - n_b); k <= std::min(hits, n_a); ++k) {
    const double each = math::pdf(table, static_cast<unsigned>(k));
    if (each <= seen * (1 + 1e-7)) p += each;
  }
  return std::min(1.0, p);
}

}  // namespace weir
