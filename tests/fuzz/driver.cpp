// Runs every fuzz target on seeded mutations of its seeds: a fuzzer that needs
// no special compiler, so that it runs in every test. Build with a sanitizer
// preset to let it see more. Usage: weir_fuzz [ROUNDS [SEED]]

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "tasks/error.hpp"
#include "tests/fuzz/targets.hpp"

namespace {

using Engine = boost::random::mt19937_64;

std::size_t pick(Engine& engine, std::size_t below) {
  return boost::random::uniform_int_distribution<std::size_t>(0, below - 1)(engine);
}

std::string mutated(std::string text, Engine& engine) {
  static const std::string kTelling = std::string("\0\xFF\xC3\"'\\{}[]@+-\n\r <>$/", 20);
  for (std::size_t edits = 1 + pick(engine, 6); edits > 0; --edits) {
    const std::size_t at = pick(engine, text.size() + 1);
    switch (pick(engine, 5)) {
      case 0: text.insert(at, 1, static_cast<char>(pick(engine, 256))); break;
      case 1: text.insert(at, 1, kTelling[pick(engine, kTelling.size())]); break;
      case 2: text.erase(at, pick(engine, 8)); break;
      case 3: text.insert(at, text.substr(pick(engine, text.size() + 1), pick(engine, 16))); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(pick(engine, 256));
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 3000;
  const auto seed = static_cast<std::uint64_t>(argc > 2 ? std::atoll(argv[2]) : 1);
  for (const auto& target : weir::fuzz::targets()) {
    Engine engine(seed);
    std::string current;
    try {
      for (int round = 0; round < rounds; ++round) {
        current = target.seeds[pick(engine, target.seeds.size())];
        if (round > 0) current = mutated(current, engine);
        try {
          target.run(current);
        } catch (const weir::UserError&) {
        }
      }
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%.*s: %s on input:\n%s\n", static_cast<int>(target.name.size()),
                   target.name.data(), error.what(), current.c_str());
      return 1;
    }
    std::printf("%.*s: %d inputs\n", static_cast<int>(target.name.size()), target.name.data(),
                rounds);
  }
  return 0;
}
