// The first table of every report, and its footer.

#include <fmt/format.h>

#include "results/report/report.hpp"
#include "results/report/text.hpp"

namespace weir {
namespace {

std::vector<Column> columns() {
  return {{"config", "config", false},
          {"tasks", "tasks"},
          {"trials", "trials"},
          {"resolved", "resolved", true, 3},
          {"resolved_missing_counted", "resolved, missing count", true, 3},
          {"missing", "missing"},
          {"usd_per_trial", "$ / trial"},
          {"usd_per_trial_cold", "$ / trial, cold"},
          {"usd_per_trial_warm", "$ / trial, warm"},
          {"usd_per_resolved", "$ / resolved"},
          {"usd_total", "$ total"},
          {"tokens_in", "tokens in"},
          {"cache_hits", "cache hits"},
          {"tokens_out", "tokens out"},
          {"turns", "turns"},
          {"escalated_turns", "escalated turns"},
          {"strong_share", "spend on strong tiers"}};
}

std::vector<Cell> cells(const ConfigSummary& row) {
  const bool cascade = row.tiers > 1;
  const Cell none = Cell::unknown("–");
  return {Cell::of(row.config),
          Cell::number(row.headline.tasks),
          Cell::number(row.headline.trials),
          rate_cell(row.headline),
          rate_cell(row.all),
          Cell::number(row.missing),
          spend_cell(row.headline_spend, row.headline.trials),
          spend_cell(row.headline_cold, row.headline.trials),
          spend_cell(row.headline_warm, row.headline.trials),
          row.resolved == 0 ? Cell::unknown("none resolved")
                            : spend_cell(row.headline_spend, row.resolved),
          spend_cell(row.spend, 1),
          tokens_cell(row.input_total),
          share_cell(row.input_hit, row.input_total),
          tokens_cell(row.output_total),
          count_cell(row.turns),
          cascade ? share_cell(row.escalated_turns, row.turns) : none,
          cascade ? (row.strong_share ? share_cell(*row.strong_share) : Cell::unknown()) : none};
}

Table table_of(const std::vector<ConfigSummary>& configs) {
  Table table{columns(), {}};
  for (const auto& config : configs) table.rows.push_back(cells(config));
  return table;
}

std::string outcome_line(const ConfigSummary& row) {
  std::string line;
  for (const auto& [name, count] : row.outcomes) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, count);
  }
  return line;
}

std::string config_line(const Comparison& c, const ConfigSummary& row) {
  const auto models = c.models.find(row.config);
  std::string line =
      fmt::format("- {}: {}{}; {}", row.config, models == c.models.end() ? "" : models->second,
                  c.run.simulated ? " (simulated)" : "", outcome_line(row));
  if (row.discarded_calls > 0) line += fmt::format("; {} calls discarded", row.discarded_calls);
  const bool imported = !c.run.source.empty();
  if (row.unpriced_calls > 0) {
    line += fmt::format("; {} {} without a price, so that ≥ stands before its costs",
                        row.unpriced_calls, imported ? "trials" : "calls");
  }
  if (!imported && row.usd_other_tries.value_or(1) != 0) {
    line += "; further tries " + usd(row.usd_other_tries);
  }
  return line;
}

constexpr const char* kMeaning =
    "Resolved: share of trials with a 95 % interval clustered by task. The first column leaves out "
    "missing data (errors of providers and machines, trials not run), the second counts it as "
    "unresolved. Costs are what the counted tries spent, discarded drafts included; $ per trial "
    "and "
    "per resolved are over the first column's trials. Cold and warm are estimates of the same "
    "trials "
    "with other caches: none that outlives a trial, and one that loses nothing. Escalated turns "
    "and "
    "strong tiers exist in cascades only.";

void add_changes(Document& document, const Comparison& c) {
  for (const auto& change : c.changes) {
    document.notices.push_back(fmt::format("The model behind \"{}\" changed at {}: {} became {}.",
                                           change.model, format_time(change.at),
                                           server_name(change.old_served, change.old_fingerprint),
                                           server_name(change.new_served, change.new_fingerprint)));
  }
  if (c.straddling > 0) {
    document.notices.push_back(
        fmt::format("{} trials met both models and stand in no part.", c.straddling));
  }
}

}  // namespace

void add_headline(Document& document, const RunReport& report) {
  const Comparison& c = report.comparison;
  document.title =
      fmt::format("{}: {} tasks x {} attempts{}", c.run.name, c.tasks, c.attempts,
                  c.begun == c.expected
                      ? ""
                      : fmt::format(" (incomplete: {} of {} trials begun)", c.begun, c.expected));
  document.simulated = c.run.simulated;
  add_changes(document, c);
  std::vector<ConfigSummary> all = c.configs;
  Section section{"headline", "", {}, {}};
  if (c.parts.empty()) section.tables.push_back(table_of(c.configs));
  for (std::size_t i = 0; i < c.parts.size(); ++i) {
    const std::string name = i == 0 ? "headline" : fmt::format("headline-{}", i + 1);
    document.sections.push_back(
        {name,
         fmt::format("Part {} of {}: not to be pooled with the others", i + 1, c.parts.size()),
         {table_of(c.parts[i])},
         {}});
    all.insert(all.end(), c.parts[i].begin(), c.parts[i].end());
  }
  section.notes.emplace_back(kMeaning);
  for (const auto& row : all) section.notes.push_back(config_line(c, row));
  for (auto& line : control_notes(report.arms)) section.notes.push_back(std::move(line));
  for (const auto& arm : report.arms) {
    if (is_tree(arm)) {
      section.notes.push_back(arm.label +
                              ": its trials are the thresholds of trees and share calls. Totals "
                              "count a shared call in each trial; what was paid is the sum of "
                              "v_call.");
    }
    if (has_forks(arm)) {
      section.notes.push_back(arm.label +
                              ": some turns went on both ways. The ways that no trial took were "
                              "paid and are in no figure here; what was paid is the sum of v_call.");
    }
  }
  if (c.priced_by_request > 0) {
    section.notes.push_back(fmt::format(
        "- {} calls are priced as the model asked for: the price book does not know the one that "
        "served",
        c.priced_by_request));
  }
  if (!c.parts.empty()) section.name = "meaning";
  document.sections.push_back(std::move(section));
}

void add_footer(Document& document, const RunReport& report) {
  const Comparison& c = report.comparison;
  std::string entries;
  for (const auto& entry : c.price_entries) entries += (entries.empty() ? "" : ", ") + entry;
  document.footer.push_back(fmt::format(
      "Run {} \"{}\", seed {}, weir {}, experiment {:.12}, price book {:.12} ({}).",
      c.run.id.substr(0, 12), c.run.name, c.run.seed, c.run.weir_version, c.run.spec_sha256,
      c.run.price_book_sha256, entries.empty() ? "no entry used" : entries));
  if (!c.run.source.empty()) {
    document.footer.push_back(
        fmt::format("Imported from {}; outcomes and costs are as it states them, nothing was run "
                    "or priced here.",
                    c.run.source));
  }
  for (const auto& pair : report.pairs) {
    document.footer.push_back(detectable_line(pair));
  }
  if (!report.pairs.empty()) {
    document.footer.push_back(fmt::format(
        "Intervals at 95 %; bootstrap of 10,000 resamples and permutations with seed {}.",
        report.seed));
  }
}

Document run_document(const RunReport& report) {
  Document document;
  add_headline(document, report);
  add_pairs(document, report.pairs);
  add_gates(document, report.gates);
  add_footer(document, report);
  return document;
}

Document full_document(const RunReport& report) {
  Document document;
  add_headline(document, report);
  add_pairs(document, report.pairs);
  add_gates(document, report.gates);
  add_quarantine(document, report);
  add_controls(document, report);
  add_breakdowns(document, report);
  add_repeats(document, report);
  add_economics(document, report);
  add_routing(document, report);
  add_break_even(document, report);
  add_integrity(document, report);
  add_flips(document, report.pairs);
  add_footer(document, report);
  return document;
}

std::string markdown_report(const Comparison& comparison) {
  return to_markdown(run_document({.comparison = comparison}));
}

}  // namespace weir
