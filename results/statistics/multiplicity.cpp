#include "results/statistics/multiplicity.hpp"

#include <algorithm>
#include <numeric>

namespace weir {
namespace {

std::vector<std::size_t> ascending(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] < p[b]; });
  return order;
}

}  // namespace

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size());
  double highest = 0;
  std::size_t left = p.size();
  for (const std::size_t i : ascending(p)) {
    highest = std::max(highest, std::min(1.0, p[i] * static_cast<double>(left--)));
    adjusted[i] = highest;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size());
  const std::vector<std::size_t> order = ascending(p);
  const auto count = static_cast<double>(p.size());
  double lowest = 1;
  for (std::size_t rank = p.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    lowest = std::min(lowest, p[i] * count / static_cast<double>(rank));
    adjusted[i] = lowest;
  }
  return adjusted;
}

}  // namespace weir
