// What two arms differ in, task by task.

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "results/report/report.hpp"
#include "results/report/text.hpp"
#include "results/statistics/multiplicity.hpp"
#include "tasks/text.hpp"

namespace weir {
namespace {

std::vector<Column> columns(bool adjusted) {
  std::vector<Column> all = {{"fresh", "config", false},
                             {"base", "against", false},
                             {"tasks", "paired tasks"},
                             {"base_only", "worse on"},
                             {"fresh_only", "better on"},
                             {"difference", "difference, points"},
                             {"interval", "95 % interval", true, 2},
                             {"p", "p"}};
  if (adjusted) all.push_back({"p_holm", "p, Holm"});
  for (Column column :
       {Column{"usd_difference", "$ / trial, difference"},
        Column{"usd_interval", "95 % interval", true, 2}, Column{"cost_ratio", "cost ratio"},
        Column{"cost_ratio_interval", "95 % interval", true, 2},
        Column{"turns_difference", "turns / trial"}, Column{"tokens_difference", "tokens / trial"},
        Column{"model_seconds_difference", "model s / trial"}}) {
    all.push_back(std::move(column));
  }
  return all;
}

Cell signed_cell(const MeasuredDifference& measured, int digits) {
  if (!measured.diff) return Cell::unknown();
  return {signed_text(*measured.diff, digits), *measured.diff};
}

std::vector<Cell> cells(const PairedComparison& pair, std::optional<double> adjusted) {
  std::vector<Cell> row = {Cell::of(pair.fresh),
                           Cell::of(pair.base),
                           Cell::number(pair.tasks),
                           Cell::number(pair.base_only),
                           Cell::number(pair.fresh_only),
                           points_cell(pair.diff),
                           range_cell(pair.interval, 100, 1),
                           {p_text(pair.p), pair.p}};
  if (adjusted) row.push_back({p_text(*adjusted), *adjusted});
  row.push_back(dollars_cell(pair.usd.diff));
  row.push_back(range_cell(pair.usd.interval, 1, 5));
  row.push_back(pair.cost_ratio ? Cell{fmt::format("{:.2f}", *pair.cost_ratio), *pair.cost_ratio}
                                : Cell::unknown());
  row.push_back(range_cell(pair.cost_ratio_interval, 1, 2));
  row.push_back(signed_cell(pair.turns, 1));
  row.push_back(signed_cell(pair.tokens, 0));
  row.push_back(signed_cell(pair.model_seconds, 1));
  return row;
}

void add_differences(Document& document, const PairedComparison& pair) {
  for (const auto& difference : pair.differences) {
    const std::string line =
        fmt::format("{} against {}: {} differ: {} against {}", pair.fresh, pair.base,
                    difference.what, difference.fresh, difference.base);
    if (difference.forbids_gate) {
      document.notices.push_back(line + ". The difference of the arms may be this.");
    } else {
      document.sections.back().notes.push_back("- " + line);
    }
  }
}

}  // namespace

std::string detectable_line(const PairedComparison& pair) {
  const std::string shown = pair.minimum_detectable ? fmt::format("a difference of {:.1f} points",
                                                                  *pair.minimum_detectable * 100)
                                                    : std::string("no difference at all");
  return fmt::format("{} against {}: {} paired tasks show {} with power 0.8.", pair.fresh,
                     pair.base, pair.tasks, shown);
}

void add_pairs(Document& document, const std::vector<PairedComparison>& pairs) {
  if (pairs.empty()) return;
  std::vector<double> p;
  for (const auto& pair : pairs) {
    p.push_back(pair.p);
    document.simulated = document.simulated || pair.simulated;
  }
  const bool several = pairs.size() > 1;
  const std::vector<double> adjusted = holm(p);
  Table table{columns(several), {}};
  std::map<std::string, std::string> methods;  // -> configs
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    table.rows.push_back(cells(pairs[i], several ? std::optional(adjusted[i]) : std::nullopt));
    auto& configs = methods[pairs[i].interval_method + ", " + pairs[i].p_method];
    configs += (configs.empty() ? "" : ", ") + pairs[i].fresh;
  }
  std::string method_line;
  for (const auto& [method, configs] : methods) {
    method_line += (method_line.empty() ? "" : "; ") + method;
    if (methods.size() > 1) method_line += " (" + configs + ")";
  }
  document.sections.push_back(
      {"pairs",
       "Paired by task",
       {std::move(table)},
       {fmt::format("Differences are config - against, of means over the tasks that both have an "
                    "outcome for. Intervals and tests: {}. Costs: BCa bootstrap over tasks.",
                    method_line)}});
  for (const auto& pair : pairs) {
    if (pair.left_out + pair.quarantined > 0) {
      document.sections.back().notes.push_back(
          fmt::format("- {}: {} common tasks left out (no outcome in one arm), {} quarantined",
                      pair.fresh, pair.left_out, pair.quarantined));
    }
    add_differences(document, pair);
  }
}

void add_flips(Document& document, const std::vector<PairedComparison>& pairs) {
  if (pairs.empty()) return;
  Table table{{{"fresh", "config", false},
               {"base", "against", false},
               {"task", "task", false},
               {"flip", "flip", false},
               {"base_resolved", "against, resolved"},
               {"fresh_resolved", "config, resolved"},
               {"turn", "first differing turn"},
               {"base_action", "against did", false},
               {"fresh_action", "config did", false}},
              {}};
  const auto share = [](int resolved, int trials) {
    return Cell::of(fmt::format("{}/{}", resolved, trials));
  };
  for (const auto& pair : pairs) {
    for (const auto& flip : pair.flips) {
      table.rows.push_back({Cell::of(pair.fresh), Cell::of(pair.base), Cell::of(flip.task),
                            Cell::of(flip.gained ? "gained" : "lost"),
                            share(flip.base_resolved, flip.base_trials),
                            share(flip.fresh_resolved, flip.fresh_trials),
                            flip.turn ? Cell::number(*flip.turn) : Cell::unknown("–"),
                            Cell::of(to_utf8(flip.base_action.substr(0, 60))),
                            Cell::of(to_utf8(flip.fresh_action.substr(0, 60)))});
    }
  }
  document.sections.push_back({"flips",
                               "Flips",
                               {std::move(table)},
                               {"Tasks whose majority verdict differs, with the first turn at "
                                "which two of their trials acted "
                                "differently."}});
}

namespace {

/// What stands beside a verdict: data left out, and what else was not the same.
std::vector<std::string> beside(const GateResult& gate) {
  std::vector<std::string> lines;
  if (gate.left_out + gate.quarantined + gate.missing.fresh + gate.missing.base > 0) {
    lines.push_back(fmt::format(
        "{}: {} tasks left out, {} quarantined; missing trials {} of {} against {} of {}, "
        "with "
        "which the difference could have been {}",
        gate.fresh, gate.left_out, gate.quarantined, gate.missing.fresh, gate.missing.fresh_trials,
        gate.missing.base, gate.missing.base_trials, range(gate.missing.worst, 100, 1)));
  }
  for (const auto& difference : gate.differences) {
    lines.push_back(fmt::format("{}: {} differ: {} against {}", gate.fresh, difference.what,
                                difference.fresh, difference.base));
  }
  return lines;
}

}  // namespace

void add_gates(Document& document, const std::vector<GateResult>& gates) {
  if (gates.empty()) return;
  Table table{{{"fresh", "config", false},
               {"base", "against", false},
               {"verdict", "verdict", false},
               {"tasks", "tasks"},
               {"difference", "difference, points"},
               {"lower", "lower limit"},
               {"upper", "upper limit"},
               {"tasks_needed", "tasks needed"},
               {"nights", "nights"},
               {"evidence", "evidence of a decline"}},
              {}};
  Section section{"gate", "Gate", {}, {}};
  for (const auto& gate : gates) {
    table.rows.push_back(
        {Cell::of(gate.fresh), Cell::of(gate.base), Cell::of(std::string(name_of(gate.verdict))),
         Cell::number(gate.tasks), points_cell(gate.diff), points_cell(gate.lower),
         points_cell(gate.upper),
         gate.tasks_needed ? Cell::number(*gate.tasks_needed) : Cell::unknown("–"),
         gate.watched ? Cell::number(gate.nights) : Cell::unknown("–"),
         gate.watched
             ? Cell{fmt::format("{:.3g} of {:.3g}", gate.evidence, gate.enough), gate.evidence}
             : Cell::unknown("–")});
    section.notes.push_back(
        fmt::format("- {}: {}: {}", gate.fresh, name_of(gate.verdict), gate.reason));
    for (const auto& line : beside(gate)) section.notes.push_back("- " + line);
    if (gate.with_flaky) {
      section.notes.push_back(
          fmt::format("- {}: with flaky tasks counted in the difference is {:+.1f} "
                      "points",
                      gate.fresh, *gate.with_flaky * 100));
    }
  }
  section.tables.push_back(std::move(table));
  document.sections.push_back(std::move(section));
}

Document pairs_document(const std::vector<PairedComparison>& pairs,
                        const std::vector<GateResult>& gates, std::uint64_t seed,
                        const std::vector<std::string>& notes) {
  Document document;
  document.title = "Comparison";
  for (const auto& pair : pairs) {
    document.title = pairs.size() == 1 ? pair.fresh + " against " + pair.base : document.title;
  }
  add_pairs(document, pairs);
  add_gates(document, gates);
  add_flips(document, pairs);
  if (!notes.empty()) document.sections.push_back({"controls", "Controls", {}, notes});
  for (const auto& pair : pairs) {
    document.footer.push_back(detectable_line(pair));
  }
  document.footer.push_back(fmt::format(
      "Intervals at 95 %; bootstrap of 10,000 resamples and permutations with seed {}.", seed));
  return document;
}

}  // namespace weir
