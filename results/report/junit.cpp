#include <fmt/format.h>

#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
  double seconds = 0;
};

std::string verdict_of(const TrialSummary& trial, Counts& counts) {
  const std::string outcome(name_of(trial.outcome));
  const std::string text = outcome + (trial.stop_reason.empty() ? "" : ", " + trial.stop_reason) +
                           (trial.error_class.empty() ? "" : ", " + trial.error_class);
  switch (trial.outcome) {
    case Outcome::resolved:
      return "";
    case Outcome::not_run:
      ++counts.skipped;
      return "<skipped/>";
    case Outcome::provider_error:
    case Outcome::infra_error:
      ++counts.errors;
      return fmt::format("<error type=\"{}\" message=\"{}\"/>", outcome, escaped_markup(text));
    default:
      ++counts.failures;
      return fmt::format("<failure type=\"{}\" message=\"{}\"/>", outcome, escaped_markup(text));
  }
}

std::string suite_of(const Arm& arm, const Run& run, Counts& total) {
  Counts counts;
  std::string cases;
  for (const auto& trial : arm.trials) {
    ++counts.tests;
    const double seconds = static_cast<double>(trial.wall_ms.value_or(0)) / 1000;
    counts.seconds += seconds;
    const std::string verdict = verdict_of(trial, counts);
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}#{}\" time=\"{:.3f}\"{}\n",
                         escaped_markup(trial.suite), escaped_markup(trial.task), trial.attempt,
                         seconds, verdict.empty() ? "/>" : ">" + verdict + "</testcase>");
  }
  total.tests += counts.tests;
  total.failures += counts.failures;
  total.errors += counts.errors;
  total.skipped += counts.skipped;
  return fmt::format(
      "  <testsuite name=\"{}{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\" timestamp=\"{}\">\n    <properties>\n      <property name=\"run\" "
      "value=\"{}\"/>\n      <property name=\"simulated\" value=\"{}\"/>\n    </properties>\n{}  "
      "</testsuite>\n",
      escaped_markup(arm.label), run.simulated ? " (simulated)" : "", counts.tests, counts.failures,
      counts.errors, counts.skipped, counts.seconds, format_time(run.started_at).substr(0, 19),
      run.id, run.simulated ? "true" : "false", cases);
}

std::string gate_suite(const std::vector<GateResult>& gates, Counts& total) {
  if (gates.empty()) return "";
  Counts counts;
  std::string cases;
  for (const auto& gate : gates) {
    ++counts.tests;
    std::string verdict;
    if (gate.verdict == GateVerdict::regression) {
      ++counts.failures;
      verdict =
          fmt::format("<failure type=\"regression\" message=\"{}\"/>", escaped_markup(gate.reason));
    } else if (gate.verdict == GateVerdict::inconclusive) {
      ++counts.skipped;
      verdict = fmt::format("<skipped message=\"inconclusive: {}\"/>", escaped_markup(gate.reason));
    }
    cases += fmt::format("    <testcase classname=\"gate\" name=\"{} against {}\"{}\n",
                         escaped_markup(gate.fresh), escaped_markup(gate.base),
                         verdict.empty() ? "/>" : ">" + verdict + "</testcase>");
  }
  total.tests += counts.tests;
  total.failures += counts.failures;
  total.skipped += counts.skipped;
  return fmt::format(
      "  <testsuite name=\"gate\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n{}  "
      "</testsuite>\n",
      counts.tests, counts.failures, counts.skipped, cases);
}

}  // namespace

std::string to_junit(const RunReport& report) {
  Counts total;
  std::string suites;
  for (const auto& arm : report.arms) suites += suite_of(arm, report.comparison.run, total);
  suites += gate_suite(report.gates, total);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}{}\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}</testsuites>\n",
      escaped_markup(report.comparison.run.name),
      report.comparison.run.simulated ? " (simulated)" : "", total.tests, total.failures,
      total.errors, total.skipped, suites);
}

}  // namespace weir
