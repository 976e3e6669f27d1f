// weir plan: what an experiment will cost and show.

#include "harness/plan.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "results/report/report.hpp"

namespace weir::cli {

int run(const PlanCommand& command) {
  Overrides overrides = command.overrides;
  overrides.cassette = command.common.db;
  const Experiment experiment = load_experiment(command.experiment, overrides);
  PlanOptions options = command.options;
  options.db = command.common.db;
  const Document document = plan_experiment(experiment, options);
  if (command.common.json) {
    fmt::print("{}\n", json_of(document).dump(2));
  } else {
    fmt::print("{}", to_markdown(document));
  }
  return kOk;
}

}  // namespace weir::cli
