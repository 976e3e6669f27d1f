#include "harness/calibration/calibration_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "harness/calibration/calibration_json.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

std::string threshold_text(double threshold) {
  if (std::isinf(threshold)) return "never";
  if (threshold > 1 && threshold < 1.02) return "1.01 (never)";
  return fmt::format("{}", threshold);
}

std::string dollars(double value) {
  return fmt::format("${:.5f}", value);
}

Cell mean_cell(const ThresholdMean& mean, double scale, int digits) {
  const Interval band = mean.band;
  return {fmt::format("{:.{}f} {}", mean.value * scale, digits, range(band, scale, digits)),
          Estimate{mean.value, band}};
}

void add_footer(Document& document, const CalibrationRequest& request,
                const CalibrationOrigin& origin) {
  document.footer.push_back("Calibrated on " + origin.what + ".");
  if (!origin.population.empty()) document.footer.push_back("Population: " + origin.population + ".");
  if (!origin.prices.empty()) document.footer.push_back("Costs: " + origin.prices + ".");
  document.footer.push_back(fmt::format("Weir {}, seed {}, {} resamples. Again: `{}`", origin.version,
                                        request.seed, request.resamples, origin.command));
  if (origin.searches) {
    document.footer.push_back(fmt::format(
        "Searches of this log so far: {}. A promise is kept with probability {} per search that was "
        "decided on beforehand; of many searches, the luckiest one's is not.",
        *origin.searches, 1 - request.delta));
  }
}

std::string verdict(const LogCalibration& found, const CalibrationRequest& request,
                    const std::optional<Confirmation>& confirmed) {
  const std::string promise = fmt::format(
      "P(true resolve rate < {}) <= {}", percent(*found.target), request.delta);
  if (confirmed) {
    return fmt::format(
        "Threshold {}, tested once on {} fresh tasks: {} resolved, p = {}. {} ({}).",
        threshold_text(confirmed->threshold), confirmed->tasks, confirmed->resolved,
        p_text(confirmed->p), confirmed->certified ? "CERTIFIED" : "NOT certified", promise);
  }
  if (found.chosen) {
    return fmt::format("CERTIFIED: threshold {} ({}, {}). {}.",
                       threshold_text(found.estimates[*found.chosen].threshold),
                       name_of(request.guarantee),
                       name_of(found.certification(request.guarantee).tests[*found.chosen].method),
                       promise);
  }
  return fmt::format(
      "ABSTAINED: no threshold is certified at {} tasks ({}, {}). {} Until then keep the strong "
      "tier, or what runs today.",
      found.tasks, name_of(request.guarantee), promise,
      found.tasks_needed
          ? fmt::format("About {} tasks would be needed.", *found.tasks_needed)
          : std::string("No threshold's estimate is above the target: more tasks would not help."));
}

Table thresholds_table(const LogCalibration& found, bool estimates) {
  Table table;
  table.columns = {{"threshold", "Threshold"}};
  if (estimates) {
    table.columns.insert(table.columns.end(), {{"resolved", "Resolved %", true, 3},
                                               {"usd_per_run", "$ per run", true, 3},
                                               {"strong_turns", "Strong turns"}});
  }
  table.columns.insert(table.columns.end(), {{"ess", "Effective tasks"},
                                             {"max_weight", "Largest weight"},
                                             {"mean_weight", "Mean weight"},
                                             {"finite_sample", "Finite-sample"},
                                             {"asymptotic", "Asymptotic"}});
  const auto test = [](const Certification& certification, std::size_t k) {
    if (certification.tests.empty()) return Cell::unknown("not asked");
    return Cell::of(fmt::format("{}p = {} ({})", certification.certified[k] ? "certified, " : "",
                                p_text(certification.tests[k].p),
                                name_of(certification.tests[k].method)));
  };
  for (std::size_t k = 0; k < found.estimates.size(); ++k) {
    const auto& each = found.estimates[k];
    std::vector<Cell> row = {Cell::of(threshold_text(each.threshold))};
    if (estimates) {
      row.push_back(mean_cell(each.resolved, 100, 1));
      row.push_back(mean_cell(*each.usd, 1, 5));
      row.push_back({fmt::format("{:.2f}", each.strong_turns.value), each.strong_turns.value});
    }
    row.push_back({fmt::format("{:.0f}", each.ess), each.ess});
    row.push_back({fmt::format("{:.1f}", each.max_weight), each.max_weight});
    row.push_back({fmt::format("{:.3f}", each.mean_weight), each.mean_weight});
    row.push_back(test(found.finite_sample, k));
    row.push_back(test(found.asymptotic, k));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string blind_line(const BlindControl& blind) {
  const std::string interval =
      blind.interval ? " " + range(*blind.interval, 100, 1) : " (no interval)";
  const bool none = !blind.interval || blind.interval->low <= 0;
  return fmt::format(
      "Null control: runs sent blindly to the cheapest or dearest threshold, for the same money, "
      "would resolve {}. The chosen threshold gains {} points{}: {}.",
      percent(blind.resolved), signed_text(blind.gain * 100, 1), interval,
      none ? "NO gain over blind choice is shown" : "better than blind choice");
}

std::vector<std::string> economics_lines(const LogCalibration& found) {
  std::vector<std::string> lines = {
      fmt::format("Exploring cost {}.", dollars(found.exploration_usd))};
  if (!found.chosen || found.abstention > kMostAbstention) return lines;
  const double saved =
      found.estimates.front().usd->value - found.estimates[*found.chosen].usd->value;
  lines.back() += saved > 0
                      ? fmt::format(" Against threshold {} it saves {} a run: paid back after {:.0f} "
                                    "runs.",
                                    threshold_text(found.estimates.front().threshold),
                                    dollars(saved), std::ceil(found.exploration_usd / saved))
                      : std::string(" The chosen threshold saves nothing against the most "
                                    "escalating one.");
  return lines;
}

}  // namespace

Document calibration_document(const LogCalibration& found, const CalibrationRequest& request,
                              const CalibrationOrigin& origin,
                              const std::optional<Confirmation>& confirmed) {
  Document document;
  document.title = "Calibration";
  document.simulated = found.simulated;
  const bool rare = found.abstention > kMostAbstention;
  Section section{"calibration", "", {thresholds_table(found, !rare)}, {}};
  if (found.target) section.notes.push_back(verdict(found, request, confirmed));
  if (request.objective == Objective::max_quality) {
    section.notes.push_back(
        found.chosen
            ? fmt::format("Best within {} a run: threshold {} (its cost's upper limit keeps the "
                          "budget; quality is an estimate, not certified).",
                          dollars(*request.budget_usd),
                          threshold_text(found.estimates[*found.chosen].threshold))
            : std::string("ABSTAINED: no threshold's cost is shown to keep the budget."));
  }
  if (rare) {
    section.notes.push_back(fmt::format(
        "A log of this size would certify nothing in {} of cases (simulated from its own tasks): "
        "estimates at what was certified anyhow would be too good, and are not shown.",
        percent(found.abstention)));
  } else {
    section.notes.push_back(
        "Intervals hold for all thresholds at once (95 %), so also for the one chosen.");
  }
  if (found.missing > 0) {
    section.notes.push_back(fmt::format(
        "{} of {} runs have no outcome: {}.", found.missing, found.runs,
        request.missing_unresolved ? "counted as unresolved"
                                   : "left out, being missing alike under all thresholds"));
  }
  if (found.in_doubt > 0) {
    section.notes.push_back(fmt::format(
        "{} runs have turns that could not be undone as the policy asks: tests count them as "
        "unresolved; estimates lie between the bounds with all of them so and all resolved.",
        found.in_doubt));
  }
  if (found.blind && !rare) section.notes.push_back(blind_line(*found.blind));
  for (auto& line : economics_lines(found)) section.notes.push_back(std::move(line));
  if (!origin.deploy.empty()) section.notes.push_back(origin.deploy);
  document.sections.push_back(std::move(section));
  add_footer(document, request, origin);
  return document;
}

Document calibration_document(const PairedCalibration& found, const CalibrationRequest& request,
                              const CalibrationOrigin& origin) {
  const PairedTasks& pairs = found.pairs;
  const auto n = static_cast<double>(pairs.tasks.size());
  Document document;
  document.title = fmt::format("Calibration: {} then {}", pairs.base, pairs.strong);
  document.simulated = pairs.simulated;
  Table table;
  table.columns = {{"choice", "Choice", false}, {"threshold", "Threshold"}, {"resolved", "Resolved"},
                   {"quality", "Resolved %"}, {"usd", "$ in all"}, {"escalated", "Escalated"}};
  const auto add = [&](const std::string& name, const CascadePoint& point, bool threshold) {
    std::string at = threshold ? threshold_text(point.threshold) : "";
    if (point.second) at += ", " + threshold_text(*point.second);
    table.rows.push_back({Cell::of(name), Cell::of(at), Cell::number(point.resolved),
                          {percent(point.resolved / n), point.resolved / n},
                          usd_cell(static_cast<double>(point.cost) / 1e12),
                          Cell::number(point.escalated)});
  };
  add(pairs.base + " alone", base_only(pairs), false);
  add(pairs.strong + " alone", strong_only(pairs), false);
  add("perfect verifier (hindsight)", perfect_verifier(pairs), false);
  add("oracle router (hindsight)", oracle_router(pairs), false);
  for (const auto& point : found.frontier) add("frontier", point, true);
  Section section{"calibration", "", {std::move(table)}, {}};
  auto& notes = section.notes;
  if (found.in_sample) {
    notes.push_back(fmt::format(
        "In sample (uncertified: tuned on the tasks it is judged on): threshold {} resolves {}.",
        threshold_text(found.in_sample->threshold), percent(found.in_sample->resolved / n)));
  }
  if (found.cross_validated) {
    const auto& cv = *found.cross_validated;
    notes.push_back(fmt::format("Chosen on other folds ({}): resolves {} +/- {} points{}.", cv.folds,
                                percent(cv.quality), fmt::format("{:.1f}", 100 * cv.error),
                                found.target && cv.quality < *found.target
                                    ? ": it misses the target"
                                    : ""));
  }
  if (found.null_control) {
    const auto& control = *found.null_control;
    notes.push_back(fmt::format(
        "Null control: the same search on the signal shuffled over the tasks reaches the target for "
        "${:.2f} {}. Gain of the signal: ${:.2f} {} (p = {}): {}.",
        control.cost_usd, range(control.cost, 1, 2), control.gain_usd, range(control.gain, 1, 2),
        p_text(control.p), control.no_gain() ? "NO gain over noise" : "more than noise"));
  }
  if (found.certificate) {
    const auto& certificate = *found.certificate;
    notes.push_back(
        certificate.chosen
            ? fmt::format("CERTIFIED: threshold {}: P(true resolve rate < {}) <= {}, exact binomial "
                          "on {} tasks that had no part in choosing the grid.",
                          threshold_text(certificate.grid[*certificate.chosen]),
                          percent(*found.target), request.delta, certificate.tasks)
            : fmt::format("ABSTAINED: nothing is certified for {} at delta {} with {} tasks. {}",
                          percent(*found.target), request.delta, certificate.tasks,
                          certificate.tasks_needed
                              ? fmt::format("About {} would be needed.", *certificate.tasks_needed)
                              : std::string("No threshold tested is above the target.")));
  }
  notes.push_back(fmt::format(
      "These tasks can show a difference of {} between the two models (power 0.8).",
      percent(found.minimum_detectable)));
  document.sections.push_back(std::move(section));
  add_footer(document, request, origin);
  return document;
}

}  // namespace weir
