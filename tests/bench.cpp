// What a box costs over a plain process, measured side by side.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "runners/process.hpp"
#include "runners/sandbox.hpp"

namespace weir {
namespace {

Sandbox& sandbox() {
  static const std::unique_ptr<Sandbox> shared = make_box_sandbox();
  return *shared;
}

void ProcessBash(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(run_process({.argv = {"bash", "-c", "true"}}).exit_code);
  }
}

void BoxBash(benchmark::State& state) {
  const auto box = sandbox().create({});
  ExecRequest request;
  request.script = "true";
  for (auto _ : state) benchmark::DoNotOptimize(box->exec(request).exit_code);
}

void BoxCreateRunDestroy(benchmark::State& state) {
  ExecRequest request;
  request.script = "true";
  for (auto _ : state) benchmark::DoNotOptimize(sandbox().create({})->exec(request).exit_code);
}

void BoxChangeSnapshotRestore(benchmark::State& state) {
  const auto box = sandbox().create({});
  const SnapshotPtr start = box->snapshot();
  ExecRequest request;
  request.script = "echo x > /app/x";
  for (auto _ : state) {
    (void)box->exec(request);
    benchmark::DoNotOptimize(box->snapshot());
    box->restore(start);
  }
}

BENCHMARK(ProcessBash)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BoxBash)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BoxCreateRunDestroy)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BoxChangeSnapshotRestore)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
