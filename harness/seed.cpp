#include "harness/seed.hpp"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>

#include "tasks/digest.hpp"

namespace weir {

std::uint64_t mix_seed(std::uint64_t base, const std::string& text) {
  const std::string hex = sha256(std::to_string(base) + "/" + text);
  return std::stoull(hex.substr(0, 16), nullptr, 16);
}

double draw(std::uint64_t base, const std::string& text) {
  boost::random::mt19937_64 engine(mix_seed(base, text));
  return boost::random::uniform_01<double>()(engine);
}

}  // namespace weir
