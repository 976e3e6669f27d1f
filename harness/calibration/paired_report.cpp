// The page of a calibration on pairs.

#include <fmt/format.h>

#include <cmath>

#include "harness/calibration/calibration_report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

std::string threshold_text(double threshold) {
  return std::isinf(threshold) ? "never" : fmt::format("{}", threshold);
}

Table choices_table(const PairedCalibration& found) {
  const PairedTasks& pairs = found.pairs;
  const auto n = static_cast<double>(pairs.tasks.size());
  Table table;
  table.columns = {{"choice", "Choice", false}, {"threshold", "Threshold"},
                   {"resolved", "Resolved"},    {"quality", "Resolved %"},
                   {"usd", "$ in all"},         {"escalated", "Escalated"}};
  const auto add = [&](const std::string& name, const CascadePoint& point, bool threshold) {
    std::string at = threshold ? threshold_text(point.threshold) : "";
    if (point.second) at += ", " + threshold_text(*point.second);
    table.rows.push_back(
        {Cell::of(name),
         Cell::of(at),
         Cell::number(point.resolved),
         {percent(point.resolved / n), point.resolved / n},
         pairs.priced ? usd_cell(static_cast<double>(point.cost) / 1e12) : Cell::unknown(),
         Cell::number(point.escalated)});
  };
  add(pairs.base + " alone", base_only(pairs), false);
  add(pairs.strong + " alone", strong_only(pairs), false);
  add("perfect verifier (hindsight)", perfect_verifier(pairs), false);
  add("oracle router (hindsight)", oracle_router(pairs), false);
  for (const auto& point : found.frontier) add("frontier", point, true);
  return table;
}

std::string in_sample_text(const PairedCalibration& found) {
  std::string at = threshold_text(found.in_sample->threshold);
  if (found.in_sample->second) at += " or " + threshold_text(*found.in_sample->second);
  return fmt::format(
      "In sample (uncertified: tuned on the tasks it is judged on): threshold {} resolves {}.", at,
      percent(found.in_sample->resolved / static_cast<double>(found.pairs.tasks.size())));
}

std::string validated_text(const CrossValidated& cv, double target) {
  return fmt::format(
      "Chosen on other folds ({} folds of {} groups{}): resolves {} +/- {:.1f} points{}.", cv.folds,
      cv.groups,
      cv.out_of_reach > 0 ? fmt::format(", {} of them out of the target's reach", cv.out_of_reach)
                          : "",
      percent(cv.quality), 100 * cv.error, cv.quality < target ? ": it misses the target" : "");
}

/// Dollars with an end that may be infinite.
std::string dollar_range(const Interval& interval) {
  const auto end = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.5f}", value) : std::string("out of reach");
  };
  return fmt::format("[{}, {}]", end(interval.low), end(interval.high));
}

std::string control_text(const PermutedControl& control) {
  std::string text =
      fmt::format("Null control: of {} shuffles of the signal over the tasks, {} reach the target",
                  control.permutations, control.reached);
  if (control.cost_usd) {
    text += fmt::format(
        ", these for ${:.5f} on average; 95 % of all for {}. The signal's cost is lower by ${:.5f} "
        "{}",
        *control.cost_usd, dollar_range(control.cost), *control.gain_usd,
        dollar_range(control.gain));
  }
  return text + fmt::format(" ({}): {}.", p_is(control.p),
                            control.no_gain() ? "NO gain over noise" : "more than noise");
}

std::string certificate_text(const PairedCalibration& found, double delta) {
  const auto& certificate = *found.certificate;
  const std::string target = target_text(*found.target);
  if (certificate.chosen) {
    return fmt::format(
        "CERTIFIED: threshold {}: of tables like this one, at most a share {} certify any "
        "threshold whose true resolve rate is below {} (exact binomial on {} tasks that had no "
        "part in choosing the grid).",
        threshold_text(certificate.grid[*certificate.chosen]), delta, target, certificate.tasks);
  }
  return fmt::format(
      "ABSTAINED: nothing is certified for {} at delta {} with {} tasks. {}", target, delta,
      certificate.tasks,
      certificate.tasks_needed
          ? fmt::format("It would take in the order of {} tasks.", *certificate.tasks_needed)
          : std::string("No threshold tested is above the target."));
}

bool has_groups(const PairedTasks& pairs) {
  return !pairs.tasks.empty() && !pairs.tasks.front().group.empty();
}

}  // namespace

Document calibration_document(const PairedCalibration& found, const CalibrationRequest& request,
                              const CalibrationOrigin& origin) {
  const PairedTasks& pairs = found.pairs;
  Document document;
  document.title = fmt::format("Calibration: {} then {}", pairs.base, pairs.strong);
  document.simulated = pairs.simulated;
  Section section{"calibration", "", {choices_table(found)}, {}};
  auto& notes = section.notes;
  if (found.in_sample) notes.push_back(in_sample_text(found));
  if (found.cross_validated) {
    notes.push_back(validated_text(*found.cross_validated, *found.target));
  }
  if (found.null_control) notes.push_back(control_text(*found.null_control));
  if (found.certificate) {
    notes.push_back(certificate_text(found, request.delta));
    if (has_groups(pairs)) {
      notes.emplace_back(
          "The certificate takes tasks as independent: it is for more tasks of these groups, not "
          "for other groups.");
    }
  }
  if (request.target && request.target->of_gap) {
    notes.push_back(fmt::format(
        "The target, {} of the way from {} to {}, is estimated from these tasks and then taken as "
        "fixed.",
        request.target->value, pairs.base, pairs.strong));
  }
  if (pairs.left_out > 0) {
    notes.push_back(
        fmt::format("{} tasks without an outcome under both are left out.", pairs.left_out));
  }
  notes.push_back(fmt::format(
      "These tasks can show a difference of {:.1f} points between the two models (power 0.8).",
      100 * found.minimum_detectable));
  document.sections.push_back(std::move(section));
  add_calibration_footer(document, request, origin);
  return document;
}

}  // namespace weir
