// weir nightly: one night, from the run to the verdict.

#include "harness/nightly.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/interrupt.hpp"
#include "results/report/report.hpp"

namespace weir::cli {
namespace {

using nlohmann::json;

/// A shown regression outranks what is merely missing; a stop outranks both.
int exit_code(const NightlyEnd& end) {
  if (end.run.why == Halt::budget) return kBudget;
  if (end.run.interrupted) return kInterrupted;
  const bool judged = !end.gates.empty();
  const GateVerdict verdict = judged ? worst(end.gates) : GateVerdict::passed;
  if (verdict == GateVerdict::regression) return kRegression;
  if (!end.unwritten.empty()) return kUsage;
  if (end.missing > 0 || end.run.why == Halt::provider) return kIncomplete;
  if (!end.anchored) return kInconclusive;
  return verdict == GateVerdict::inconclusive ? kInconclusive : kOk;
}

void print(const NightlyCommand& command, const NightlyEnd& end) {
  if (!command.common.json) {
    fmt::print("{}", end.summary);
    return;
  }
  json gates = json::array();
  for (const auto& gate : end.gates) gates.push_back(json_of(gate));
  fmt::print("{}\n", json{{"run", end.run.run},
                          {"resumed", end.resumed},
                          {"interrupted", end.run.interrupted},
                          {"missing", end.missing},
                          {"anchored", end.anchored},
                          {"notice", end.notice.empty() ? end.run.message : end.notice},
                          {"gates", gates},
                          {"verdict", end.gates.empty() ? json() : json(name_of(worst(end.gates)))},
                          {"reports", end.folder.string()}}
                         .dump(2));
}

}  // namespace

int run(const NightlyCommand& command) {
  Overrides overrides = command.overrides;
  overrides.cassette = command.common.db;
  const Experiment experiment = load_experiment(command.experiment, overrides);
  NightlyOptions options = command.options;
  options.db = command.common.db;
  RunControl control;
  const Interrupt interrupt(control);
  const NightlyEnd end = run_night(experiment, options, control);
  print(command, end);
  const int code = exit_code(end);
  if (!end.unwritten.empty()) {
    fmt::print(stderr, "nightly: {}\n", end.unwritten);
  } else if (!end.folder.empty()) {
    fmt::print(stderr, "nightly: reports in {}\n", end.folder.string());
  }
  if (!end.notice.empty()) fmt::print(stderr, "nightly: {}\n", end.notice);
  if (end.run.why == Halt::budget) {
    fmt::print(stderr, "nightly: stopped: {}\n", end.run.message);
  } else if (end.run.interrupted) {
    fmt::print(stderr, "nightly: interrupted; the same command goes on with it\n");
  } else if (end.missing > 0) {
    fmt::print(stderr,
               "nightly: {} trials have no outcome; weir resume {} --retry "
               "provider_error,infra_error\n",
               end.missing, end.run.run.substr(0, 12));
  }
  return code;
}

}  // namespace weir::cli
