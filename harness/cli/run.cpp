// weir run, weir resume: both end in the comparison table.

#include "harness/run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/options.hpp"
#include "harness/interrupt.hpp"
#include "harness/run_input.hpp"
#include "results/report/report.hpp"
#include "results/store/reader.hpp"

namespace weir::cli {
namespace {

Comparison print_comparison(const Common& common, const std::string& run) {
  const Reader reader(common.db);
  const RunReport report = reader.report(reader.find_run(run), "");
  if (common.json) {
    nlohmann::json object = json_report(report.comparison);
    object["pairs"] = nlohmann::json::array();
    for (const auto& pair : report.pairs) object["pairs"].push_back(json_of(pair));
    fmt::print("{}\n", object.dump(2));
  } else {
    fmt::print("{}", to_markdown(run_document(report)));
  }
  return report.comparison;
}

std::string db_flag(const Common& common) {
  return common.db == Common{}.db ? "" : " --db " + common.db.string();
}

/// Says on stderr what is left to do, and gives the exit code.
int conclude(const Common& common, const RunEnd& end) {
  const Comparison comparison = print_comparison(common, end.run);
  const std::string id = end.run.substr(0, 12);
  const std::string flag = db_flag(common);
  const int missing = comparison.missing;
  if (end.why == Halt::user && end.interrupted) {
    fmt::print(stderr, "\nInterrupted. Go on with: weir resume {}{}\n", id, flag);
    return kInterrupted;
  }
  if (end.why == Halt::budget) {
    fmt::print(stderr,
               "\nStopped: {}. Go on with a higher limit: weir resume {} --max-usd "
               "USD{}\n",
               end.message, id, flag);
    return kBudget;
  }
  if (end.why == Halt::provider) {
    fmt::print(stderr,
               "\nStopped: {}\nWhen that is mended: weir resume {} --retry "
               "provider_error{}\n",
               end.message, id, flag);
    return kIncomplete;
  }
  if (missing > 0) {
    fmt::print(stderr,
               "\n{} trials ended in errors. Try them again with: weir resume {} --retry "
               "provider_error,infra_error{}\n",
               missing, id, flag);
    return kIncomplete;
  }
  if (!common.json) {
    fmt::print(stderr, "\nNext: weir show {}{}\n", id, flag);
  }
  return kOk;
}

}  // namespace

int run(const RunCommand& command) {
  Overrides overrides = command.overrides;
  overrides.cassette = command.common.db;
  const Experiment experiment = load_experiment(command.experiment, overrides);
  if (command.dry_run) {
    fmt::print("{}", describe_run(experiment));
    return kOk;
  }
  RunControl control;
  const Interrupt interrupt(control);
  const RunOptions options{.db = command.common.db,
                           .jobs = command.jobs,
                           .require_full_sandbox = command.require_sandbox == "full",
                           .allow_model_change = command.allow_model_change};
  return conclude(command.common, start_run(experiment, options, control));
}

int run(const ResumeCommand& command) {
  std::set<Outcome> retry;
  for (const auto& name : command.retry) retry.insert(outcome_named(name).value());
  RunControl control;
  const Interrupt interrupt(control);
  const RunOptions options{.db = command.common.db,
                           .jobs = command.jobs,
                           .max_usd = command.max_usd,
                           .allow_model_change = command.allow_model_change};
  return conclude(command.common, resume_run(command.run, retry, options, control));
}

}  // namespace weir::cli
