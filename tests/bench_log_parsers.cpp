// How fast test logs are read: bytes a second of logs as runners print them, by parser
// and mode. What is around the tests' lines (tracebacks, captured output) is most of a
// real log, and is here too.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "runners/grade/log_parsers.hpp"
#include "runners/grade/official_log.hpp"
#include "runners/grade/strict_log.hpp"

namespace weir {
namespace {

constexpr std::size_t kSize = std::size_t{8} << 20U;

/// A log of about kSize bytes: `noise` lines of output for each test's line.
template <class Line>
std::string log_of(const Line& line, int noise) {
  std::string log = "+ : '>>>>> Start Test Output'\n=== test session starts ===\n";
  for (int i = 0; log.size() < kSize; ++i) {
    for (int j = 0; j < noise; ++j) {
      log += fmt::format("    self.assertEqual(first_{}, second_{})  # of a traceback\n", i, j);
    }
    log += line(i);
  }
  return log + "=== 1 passed in 0.12s ===\n+ : '>>>>> End Test Output'\n";
}

std::string pytest_log(int noise) {
  return log_of(
      [](int i) {
        return fmt::format(
            "PASSED lib/package/tests/test_module_{}.py::TestSome::test_case_{}[a-{}]\n", i % 100,
            i, i % 7);
      },
      noise);
}
std::string django_log() {
  return log_of([](int i) { return fmt::format("test_case_{0} (app.tests.Some{0}) ... ok\n", i); },
                2);
}
std::string go_log() {
  return log_of(
      [](int i) {
        return fmt::format("=== RUN   TestCase{0}\n--- PASS: TestCase{0} (0.00s)\n", i);
      },
      2);
}
std::string jest_log() {
  return log_of([](int i) { return fmt::format("    ✓ does what it says {} (3 ms)\n", i); }, 2);
}
std::string sympy_log() {
  return log_of([](int i) { return fmt::format("test_case_{} ok\n", i); }, 2);
}

void parity(benchmark::State& state, const char* name, const std::string& log) {
  const LogParser& parser = *find_log_parser(name);
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(log).size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.size()));
}
void strict(benchmark::State& state, const char* name, const std::string& log) {
  const LogParser& parser = *find_log_parser(name);
  for (auto _ : state) benchmark::DoNotOptimize(read_strict_log(log, parser).statuses.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.size()));
}
/// From bytes to the statuses to grade: newlines, UTF-8, markers, evidence, exit code.
void whole(benchmark::State& state, const char* name, const std::string& log) {
  const LogParser& parser = *find_log_parser(name);
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_official_log(official_text(log), parser).statuses.size());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(log.size()));
}

BENCHMARK_CAPTURE(parity, pytest, "pytest", pytest_log(4))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, pytest_passes_only, "pytest", pytest_log(0))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, pytest_options, "pytest_options", pytest_log(4))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, pytest_v2, "pytest_v2", pytest_log(4))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, matplotlib, "matplotlib", pytest_log(4))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, seaborn, "seaborn", pytest_log(4))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, django, "django", django_log())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, sympy, "sympy", sympy_log())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, gotest, "gotest", go_log())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parity, jest, "jest", jest_log())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(whole, pytest, "pytest", pytest_log(4))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(strict, pytest, "pytest", pytest_log(4))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(strict, django, "django", django_log())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(strict, gotest, "gotest", go_log())->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
