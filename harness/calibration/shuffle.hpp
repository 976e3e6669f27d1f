#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <utility>
#include <vector>

namespace weir {

/// A uniform permutation, the same on every machine. Source: Fisher & Yates (1938).
template <typename T>
void shuffle(std::vector<T>& values, boost::random::mt19937_64& rng) {
  for (std::size_t i = values.size(); i > 1; --i) {
    boost::random::uniform_int_distribution<std::size_t> pick(0, i - 1);
    std::swap(values[i - 1], values[pick(rng)]);
  }
}

}  // namespace weir
