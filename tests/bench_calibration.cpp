// What calibrating takes: the exact search over a million turns beside the sort it cannot do
// without, and a whole calibration, on one core; and memory beside the log's size.

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>
#include <chrono>
#include <vector>

#include "harness/calibration/calibrate_log.hpp"
#include "harness/calibration/log_reader.hpp"
#include "harness/calibration/paired_search.hpp"
#include "tests/worlds/world.hpp"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

double processor_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

template <typename Body>
double spent(Body&& body) {
  const double began = processor_ms();
  body();
  return processor_ms() - began;
}

void report(const char* what, double value, const char* unit, double aim) {
  fmt::print("{:<72} {:9.1f} {}  (aim: {} {:g} {})\n", what, value, unit,
             value <= aim ? "<=" : "MISSED <=", aim, unit);
}

void search() {
  constexpr int kTurns = 1'000'000;
  boost::random::mt19937 rng(1);
  boost::random::uniform_01<double> uniform;
  std::vector<SearchTask> turns;
  for (int i = 0; i < kTurns; ++i) {
    turns.push_back(
        {uniform(rng), uniform(rng) < 0.1 ? 1 : 0, static_cast<Picodollars>(1e9 * uniform(rng))});
  }
  std::vector<double> sorted;
  for (const auto& turn : turns) sorted.push_back(turn.signal);
  const double sorting = spent([&] { std::sort(sorted.begin(), sorted.end()); });
  std::size_t points = 0;
  const double searching = spent([&] {
    const auto all = all_thresholds(turns, {});
    points = frontier_of(all).size() + (cheapest_with(all, 50'000) ? 1 : 0);
  });
  report("exact search of one signal over 1,000,000 turns, frontier and optimum", searching, "ms",
         1000);
  fmt::print("  {:.1f} times the bare sort of its signals ({:.0f} ms); {} points\n",
             searching / sorting, sorting, points);
}

void calibration() {
  const World& world = fixed_worlds()[2];  // 36 turns
  const std::string text = explore_to_jsonl(world, 400, 3, Draws::independent, 1);
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  ExplorationLog log;
  const double reading = spent([&] { log = parse_exploration_log("log", text); });
  CalibrationRequest request;
  request.target = Target{world.target, false};
  request.resamples = 10'000;
  const double calibrating = spent([&] { (void)calibrate_log(log, request); });
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  report("1,200 runs x 36 turns: read and calibrated, 10,000 resamples", reading + calibrating,
         "ms", 2000);
  fmt::print("  of these, reading {:.0f} ms\n", reading);
  const double grown = static_cast<double>(after.ru_maxrss - before.ru_maxrss) * 1024;
  report("memory over the log's own size", grown / static_cast<double>(text.size()) + 1, "x", 4);
}

}  // namespace
}  // namespace weir

int main() {
  weir::calibration();
  weir::search();
}
