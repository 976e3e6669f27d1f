#include "harness/calibration/calibration_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "results/report/text.hpp"

namespace weir {
namespace {

std::string threshold_text(double threshold) {
  return threshold > 1 ? "1.01 (never)" : fmt::format("{}", threshold);
}

std::string dollars(double value) {
  return fmt::format("${:.5f}", value);
}

Cell mean_cell(const ThresholdMean& mean, double scale, int digits) {
  const Interval band = mean.band;
  return {fmt::format("{:.{}f} {}", mean.value * scale, digits, range(band, scale, digits)),
          Estimate{mean.value, band}};
}

Cell number_cell(const std::optional<double>& value, int digits) {
  if (!value) return Cell::unknown();
  return {fmt::format("{:.{}f}", *value, digits), *value};
}

/// What a promise means, in full; the target exactly as it was tested.
std::string promise_text(const LogCalibration& found, const CalibrationRequest& request) {
  return fmt::format(
      "Of logs like this one, {} a share {} certify any threshold whose true resolve rate is below "
      "{}{}",
      request.guarantee == Guarantee::finite_sample ? "at most" : "approximately at most",
      request.delta, target_text(*found.target),
      found.gap.empty()
          ? ""
          : fmt::format(" ({}, as estimated from these runs and then taken as fixed)", found.gap));
}

std::string confirmed_text(const Confirmation& confirmed, double target, double delta,
                           bool bounded) {
  std::string text = fmt::format(
      "{}: threshold {}, tested once on {} fresh tasks: {} resolved, {} (exact binomial), so {} "
      "than {} with confidence {:.4g}.",
      confirmed.certified ? "CERTIFIED" : "NOT CERTIFIED", threshold_text(confirmed.threshold),
      confirmed.tasks, confirmed.resolved, p_is(confirmed.p),
      confirmed.certified ? "its true resolve rate is no lower" : "it is not shown to be no lower",
      target_text(target), 1 - delta);
  if (confirmed.not_fresh > 0) {
    text +=
        fmt::format(" {} tasks had been explored before and are left out.", confirmed.not_fresh);
  }
  if (confirmed.missing > 0) {
    text += fmt::format(" {} fresh tasks have no outcome and are {}.", confirmed.missing,
                        bounded ? "counted as unresolved" : "left out");
  }
  return text;
}

std::string verdict(const LogCalibration& found, const CalibrationRequest& request) {
  if (found.certified) {
    return fmt::format("CERTIFIED: threshold {} ({}, {}). {}.",
                       threshold_text(found.estimates[*found.chosen].threshold),
                       name_of(request.guarantee),
                       name_of(found.certification(request.guarantee).tests[*found.chosen].method),
                       promise_text(found, request));
  }
  return fmt::format(
      "ABSTAINED: no threshold is certified at {} tasks ({}). {}. {} Until then keep the strong "
      "tier, or what runs today.",
      found.tasks, name_of(request.guarantee), promise_text(found, request),
      found.tasks_needed
          ? fmt::format("It would take in the order of {} tasks.", *found.tasks_needed)
          : std::string(
                "No threshold's estimate is above the target: more tasks would help only if that "
                "is chance."));
}

std::string objective_text(const LogCalibration& found, const CalibrationRequest& request) {
  if (!found.chosen) {
    return "ABSTAINED: no threshold's cost is shown to keep the budget.";
  }
  const std::string threshold = threshold_text(found.estimates[*found.chosen].threshold);
  if (request.objective == Objective::max_utility) {
    return fmt::format(
        "Most useful at ${} per resolved run, by the estimates (not certified): threshold {}.",
        *request.value_usd, threshold);
  }
  return fmt::format(
      "Best within {} a run: threshold {}. The upper limit of its cost keeps the budget; its "
      "quality is an estimate, not certified.",
      dollars(*request.budget_usd), threshold);
}

Table thresholds_table(const LogCalibration& found) {
  const bool estimates = found.shows_estimates();
  Table table;
  table.columns = {{"threshold", "Threshold"}};
  if (estimates) {
    table.columns.insert(table.columns.end(), {{"resolved", "Resolved %", true, 3},
                                               {"usd_per_run", "$ per run", true, 3},
                                               {"turns", "Turns"},
                                               {"strong_turns", "Strong turns"}});
  }
  table.columns.insert(table.columns.end(), {{"ess", "Effective tasks"},
                                             {"max_weight", "Largest weight"},
                                             {"mean_weight", "Mean weight"},
                                             {"finite_sample", "Finite-sample"},
                                             {"asymptotic", "Asymptotic"}});
  const auto test = [](const Certification& certification, std::size_t k) {
    if (certification.tests.empty()) return Cell::unknown("not asked");
    return Cell::of(fmt::format("{}{} ({})", certification.certified[k] ? "certified, " : "",
                                p_is(certification.tests[k].p),
                                name_of(certification.tests[k].method)));
  };
  for (std::size_t k = 0; k < found.estimates.size(); ++k) {
    const auto& each = found.estimates[k];
    std::vector<Cell> row = {Cell::of(threshold_text(each.threshold))};
    if (estimates) {
      row.push_back(mean_cell(each.resolved, 100, 1));
      row.push_back(mean_cell(*each.usd, 1, 5));
      row.push_back(number_cell(each.turns, 1));
      row.push_back(number_cell(each.strong_turns, 2));
    }
    row.push_back(number_cell(each.ess, 0));
    row.push_back(number_cell(each.max_weight, 1));
    row.push_back(number_cell(each.mean_weight, 3));
    row.push_back(test(found.finite_sample, k));
    row.push_back(test(found.asymptotic, k));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string blind_text(const BlindControl& blind) {
  const bool none = !blind.interval || blind.interval->low <= 0;
  return fmt::format(
      "Null control: runs sent blindly to the cheapest or dearest threshold, for the same money, "
      "would resolve {}. The chosen threshold gains {} points{}: {}.",
      percent(blind.resolved), signed_text(blind.gain * 100, 1),
      blind.interval ? " " + range(*blind.interval, 100, 1) : " (no interval)",
      none ? "NO gain over blind choice is shown" : "better than blind choice");
}

/// What exploring cost, and when threshold `k` has paid for it.
std::string payback_text(const LogCalibration& found, std::optional<std::size_t> k) {
  std::string text = fmt::format("Exploring cost {}.", dollars(found.exploration_usd));
  if (!k || !found.shows_estimates()) return text;
  const auto payback = payback_of(found, *k);
  if (!payback) return text + " It saves nothing against the most escalating threshold.";
  return text + fmt::format(
                    " Against threshold {} it saves about {} a run, by the estimates: paid back "
                    "after about {:.0f} runs.",
                    threshold_text(found.estimates.front().threshold), dollars(payback->saved_usd),
                    payback->runs);
}

std::string validated_text(const LogCalibration& found) {
  const LogValidation& validated = *found.validated;
  return fmt::format(
      "Without a certificate: the cheapest threshold whose estimate reaches the target, tuned on "
      "other folds of tasks ({}{}), resolves {} +/- {:.1f} points{}.",
      validated.folds,
      validated.out_of_reach > 0
          ? fmt::format("; in {} of them none does, and the most escalating one is taken",
                        validated.out_of_reach)
          : "",
      percent(validated.resolved), 100 * validated.error,
      validated.resolved < *found.target ? ": it misses the target" : "");
}

std::string missing_text(const LogCalibration& found, const CalibrationRequest& request) {
  const std::string counts =
      fmt::format("{} of {} runs have no outcome: ", found.missing, found.runs);
  if (request.missing_unresolved) return counts + "counted as unresolved.";
  std::string text = counts +
                     "left out. No difference between thresholds was found, and the promise is "
                     "about runs that have an outcome.";
  if (!found.target || request.objective != Objective::min_cost) return text;
  return text +
         fmt::format(" With all of them unresolved, {}.",
                     found.bounded_choice
                         ? "threshold " +
                               threshold_text(found.estimates[*found.bounded_choice].threshold) +
                               " would be certified"
                         : "nothing would be certified");
}

/// What escalating did where turns went on both ways.
Section benefit_section(const LogCalibration& found) {
  Table table;
  table.columns = {{"signal", "Signal"},
                   {"value", "Value"},
                   {"forks", "Forks"},
                   {"missing", "Missing"},
                   {"tasks", "Tasks"},
                   {"resolved", "Resolved, points", true, 3},
                   {"bounds", "With missing ones at worst and best"},
                   {"usd", "$ per run", true, 1}};
  for (const auto& curve : found.benefit) {
    for (const auto& bin : curve.bins) {
      const std::string value = bin.low == bin.high
                                    ? fmt::format("{:.3g}", bin.low)
                                    : fmt::format("{:.3g} to {:.3g}", bin.low, bin.high);
      const std::string points = signed_text(bin.resolved * 100, 1);
      table.rows.push_back(
          {Cell::of(curve.signal), Cell::of(value), Cell::of(fmt::format("{}", bin.forks)),
           Cell::of(fmt::format("{}", bin.missing)), Cell::of(fmt::format("{}", bin.tasks)),
           bin.interval ? Cell{points + " " + range(*bin.interval, 100, 1),
                               Estimate{bin.resolved, *bin.interval}}
                        : Cell{points, bin.resolved},
           Cell::of(bin.missing == 0 ? std::string("as it is")
                                     : fmt::format("{} to {}", signed_text(bin.lowest * 100, 1),
                                                   signed_text(bin.highest * 100, 1))),
           bin.usd ? Cell{signed_text(*bin.usd, 5), *bin.usd} : Cell::unknown()});
    }
  }
  return {
      "benefit",
      "What escalating changes",
      {table},
      {"Turns gone on with both ways: escalated less kept, the rest by the trial's own "
       "threshold. Intervals are 95 %, clustered by task. They are for choosing signals; they "
       "certify nothing, and of many bins some look good by chance. Dollars are as billed: a cache "
       "that one way warmed may have served the other."}};
}

void add_estimate_notes(const LogCalibration& found, std::vector<std::string>& notes) {
  if (!found.shows_estimates()) {
    notes.push_back(fmt::format(
        "A log of this size would certify nothing in {} of cases (simulated from its own tasks): "
        "estimates at what was certified anyhow would be too good, and are not shown.",
        percent(*found.abstention)));
    return;
  }
  notes.emplace_back(
      "Intervals of the resolve rates hold for all thresholds at once (approximately 95 %, for "
      "many tasks), so also for the one chosen; those of the costs likewise.");
}

}  // namespace

std::string p_is(double p) {
  const std::string text = p_text(p);
  return text.front() == '<' ? "p " + text : "p = " + text;
}

std::string target_text(double target) {
  return fmt::format("{:.10g} %", 100 * target);
}

std::optional<Payback> payback_of(const LogCalibration& found, std::size_t k) {
  constexpr double kLeastSaving = 1e-6;  // of the cost: less is rounding
  const double strong = found.estimates.front().usd->value;
  const double saved = strong - found.estimates[k].usd->value;
  if (saved <= kLeastSaving * strong) return {};
  return Payback{saved, std::ceil(found.exploration_usd / saved)};
}

void add_calibration_footer(Document& document, const CalibrationRequest& request,
                            const CalibrationOrigin& origin) {
  document.footer.push_back("Calibrated on " + origin.what + ".");
  if (!origin.population.empty()) {
    document.footer.push_back("Population: " + origin.population + ".");
  }
  if (!origin.prices.empty()) document.footer.push_back("Costs: " + origin.prices + ".");
  if (origin.searches) {
    document.footer.push_back(fmt::format(
        "Searches of these data so far: {}. The promise is one search's that was decided on "
        "beforehand; it does not cover the luckiest of several.",
        *origin.searches));
  }
  document.footer.push_back(fmt::format("Weir {}, seed {}, {} resamples. Again: `{}`",
                                        origin.version, request.seed, request.resamples,
                                        origin.command));
}

Document calibration_document(const LogCalibration& found, const CalibrationRequest& request,
                              const CalibrationOrigin& origin,
                              const std::optional<Confirmation>& confirmed) {
  Document document;
  document.title = "Calibration";
  document.simulated = found.simulated;
  Section section{"calibration", "", {thresholds_table(found)}, {}};
  auto& notes = section.notes;
  if (request.objective != Objective::min_cost) notes.push_back(objective_text(found, request));
  if (confirmed) {
    notes.push_back(
        confirmed_text(*confirmed, *found.target, request.delta, request.missing_unresolved));
  }
  if (found.target) {
    notes.push_back((confirmed ? "Before that, by the explored runs alone: " : "") +
                    verdict(found, request));
  }
  add_estimate_notes(found, notes);
  if (found.validated && found.shows_estimates()) notes.push_back(validated_text(found));
  if (found.missing > 0) notes.push_back(missing_text(found, request));
  if (found.in_doubt > 0) {
    notes.push_back(fmt::format(
        "{} runs have turns that could not be undone as the policy asks: tests count them as "
        "unresolved; estimates lie between the bounds with all of them so and all resolved.",
        found.in_doubt));
  }
  if (found.blind && found.shows_estimates()) notes.push_back(blind_text(*found.blind));
  notes.push_back(payback_text(found, confirmed ? confirmed->place : found.chosen));
  if (!origin.deploy.empty()) notes.push_back(origin.deploy);
  document.sections.push_back(std::move(section));
  if (!found.benefit.empty()) document.sections.push_back(benefit_section(found));
  add_calibration_footer(document, request, origin);
  return document;
}

}  // namespace weir
