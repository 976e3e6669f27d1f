// What could have bent the numbers: errors by arm, censoring, order, prices.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/report/report.hpp"
#include "results/report/text.hpp"
#include "results/statistics/distributions.hpp"

namespace weir {
namespace {

using nlohmann::json;

std::string classes_of(const Arm& arm) {
  std::map<std::string, int> classes;
  for (const auto& trial : arm.trials) {
    if (!is_missing(trial.outcome)) continue;
    ++classes[std::string(name_of(trial.outcome)) +
              (trial.error_class.empty() ? "" : " " + trial.error_class)];
  }
  std::string line;
  for (const auto& [name, count] : classes) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, count);
  }
  return line.empty() ? "none" : line;
}

int count_of(const Arm& arm, Outcome outcome) {
  return static_cast<int>(std::count_if(arm.trials.begin(), arm.trials.end(),
                                        [&](const auto& t) { return t.outcome == outcome; }));
}

int stopped_by(const Arm& arm, const std::string& reason) {
  return static_cast<int>(std::count_if(arm.trials.begin(), arm.trials.end(),
                                        [&](const auto& t) { return t.stop_reason == reason; }));
}

Table errors(const RunReport& report) {
  Table table{{{"config", "config", false},
               {"missing", "missing"},
               {"trials", "of trials"},
               {"classes", "errors", false},
               {"p", "p, as often as the first"},
               {"invalid", "void gradings"},
               {"worst_low", "difference at worst"},
               {"worst_high", "at best"}},
              {}};
  for (const auto& arm : report.arms) {
    const int missing = static_cast<int>(std::count_if(
        arm.trials.begin(), arm.trials.end(), [](const auto& t) { return is_missing(t.outcome); }));
    const auto pair = std::find_if(report.pairs.begin(), report.pairs.end(),
                                   [&](const auto& each) { return each.fresh == arm.label; });
    const bool paired = pair != report.pairs.end();
    table.rows.push_back(
        {Cell::of(arm.label), Cell::number(missing), Cell::number(std::ssize(arm.trials)),
         Cell::of(classes_of(arm)),
         paired ? Cell{p_text(pair->missing.p), pair->missing.p} : Cell::unknown("–"),
         Cell::number(count_of(arm, Outcome::invalid)),
         paired ? points_cell(pair->missing.worst.low) : Cell::unknown("–"),
         paired ? points_cell(pair->missing.worst.high) : Cell::unknown("–")});
  }
  return table;
}

/// Trials early in the run's order against later ones: drift, warming caches, load.
struct Halves {
  int resolved[2] = {0, 0};
  int trials[2] = {0, 0};
  double seconds[2] = {0, 0};  ///< of the model, per turn
  double turns[2] = {0, 0};
};

Halves halves_of(const Arm& arm) {
  std::vector<int> slots;
  for (const auto& trial : arm.trials) {
    if (!is_missing(trial.outcome)) slots.push_back(trial.slot);
  }
  Halves halves;
  if (slots.empty()) return halves;
  std::nth_element(slots.begin(), slots.begin() + std::ssize(slots) / 2, slots.end());
  const int middle = slots[slots.size() / 2];
  for (const auto& trial : arm.trials) {
    if (is_missing(trial.outcome)) continue;
    const std::size_t half = trial.slot < middle ? 0 : 1;
    ++halves.trials[half];
    halves.resolved[half] += trial.outcome == Outcome::resolved ? 1 : 0;
    if (!trial.model_ms || !trial.turns) continue;
    halves.seconds[half] += static_cast<double>(*trial.model_ms) / 1000;
    halves.turns[half] += static_cast<double>(*trial.turns);
  }
  return halves;
}

Table order(const RunReport& report) {
  Table table{{{"config", "config", false},
               {"early", "resolved, first half of the order"},
               {"late", "second half"},
               {"p", "p"},
               {"early_seconds", "model s / turn, first half"},
               {"late_seconds", "second half"}},
              {}};
  const auto each = [](double sum, double count) {
    return count > 0 ? Cell{fmt::format("{:.2f}", sum / count), sum / count} : Cell::unknown("–");
  };
  for (const auto& arm : report.arms) {
    const Halves h = halves_of(arm);
    const double p = fisher_exact(h.resolved[0], h.trials[0], h.resolved[1], h.trials[1]);
    table.rows.push_back({Cell::of(arm.label),
                          share_cell(h.resolved[0], h.trials[0]),
                          share_cell(h.resolved[1], h.trials[1]),
                          {p_text(p), p},
                          each(h.seconds[0], h.turns[0]),
                          each(h.seconds[1], h.turns[1])});
  }
  return table;
}

/// Trials with findings of each kind, by config.
Table findings(const RunReport& report) {
  Table table{{{"config", "config", false}}, {}};
  for (const auto kind : kFindingKinds) {
    table.columns.push_back({std::string(name_of(kind)), std::string(name_of(kind))});
  }
  table.columns.push_back({"findings", "findings in all"});
  for (const auto& arm : report.arms) {
    std::vector<Cell> row = {Cell::of(arm.label)};
    std::int64_t all = 0;
    for (const auto kind : kFindingKinds) {
      const auto count =
          std::find_if(report.findings.begin(), report.findings.end(), [&](const auto& each) {
            return each.config == arm.label && each.kind == kind;
          });
      const bool any = count != report.findings.end();
      row.push_back(Cell::number(any ? count->trials : 0));
      if (any) all += count->findings;
    }
    row.push_back(Cell::number(all));
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Runs before there were audits, and imported ones, have no counts: not even 0.
void add_audit(Section& section, const RunReport& report, const json& facts) {
  if (!facts.is_object() || !facts.contains("audit")) return;
  const bool strict = facts["audit"].is_object() && facts["audit"].value("strict", false);
  section.tables.push_back(findings(report));
  section.notes.push_back(fmt::format(
      "- Audit: trials that tried what could bend their verdict; a finding says what was tried, "
      "not that it worked. {}",
      strict ? "The run is strict: but for edits of tests, such trials are invalid."
             : "No verdict was changed for it; `weir run --strict-integrity` voids such trials."));
}

void add_gaps(Document& document, const std::vector<PriceGap>& gaps) {
  for (const auto& gap : gaps) {
    const std::string other = gap.dearer == gap.base ? gap.fresh : gap.base;
    document.notices.push_back(
        fmt::format("{} costs {:.1f} times as much per turn in {} as in {} at equal context ({} "
                    "turns; cache hits "
                    "{} against {}).",
                    gap.model, gap.ratio, gap.dearer, other, gap.turns, percent(gap.hits_dearer),
                    percent(gap.hits_other)));
  }
}

void add_censoring(Document& document, Section& section, const RunReport& report) {
  for (const auto& arm : report.arms) {
    const int dollars = stopped_by(arm, "usd");
    if (dollars > 0) {
      document.notices.push_back(
          fmt::format("{} trials of {} were ended by their dollar limit: its resolve rate is that "
                      "of the limit, "
                      "not of the arm.",
                      dollars, arm.label));
    }
    std::string line;
    for (const char* reason : {"turns", "tokens", "wall", "context", "format_errors", "blocked"}) {
      const int count = stopped_by(arm, reason);
      if (count > 0) line += fmt::format("{}{} {}", line.empty() ? "" : ", ", reason, count);
    }
    if (!line.empty())
      section.notes.push_back(fmt::format("- {}: ended by limits: {}", arm.label, line));
  }
}

}  // namespace

void add_integrity(Document& document, const RunReport& report) {
  if (report.arms.empty()) return;
  Section section{"integrity", "Integrity", {errors(report)}, {}};
  section.notes.emplace_back(
      "Missing data is no failure of a model: the last two columns bound the difference seen to "
      "the "
      "first config, whatever the missing outcomes were.");
  const json facts = json::parse(report.comparison.run.facts, nullptr, false);
  if (facts.is_object() && facts.contains("jobs")) {
    section.notes.push_back(fmt::format("- {} trials in flight on {} cores", facts.value("jobs", 0),
                                        facts.value("cores", 0)));
  }
  add_audit(section, report, facts);
  add_gaps(document, report.gaps);
  add_censoring(document, section, report);
  document.sections.push_back(std::move(section));
  document.sections.push_back({"order",
                               "Order and time",
                               {order(report)},
                               {"Trials in the first and second half of the seeded order: a "
                                "difference there is drift, caches or load."}});
}

}  // namespace weir
