#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "results/comparison.hpp"
#include "results/finding.hpp"
#include "results/gate.hpp"
#include "results/paired_comparison.hpp"
#include "results/prices.hpp"
#include "results/report/document.hpp"

namespace weir {

/// How often an audit found something in one config.
struct FindingCount {
  std::string config;
  FindingKind kind = FindingKind::history_access;
  int trials = 0;    ///< counted tries with one or more
  int findings = 0;
};

/// All that a report of one run says.
struct RunReport {
  Comparison comparison;
  std::vector<Arm> arms = {};           ///< in the experiment's order
  std::vector<PairedComparison> pairs = {};  ///< each other arm against the baseline
  std::vector<PriceGap> gaps = {};
  std::vector<GateResult> gates = {};
  std::vector<std::string> quarantined = {};  ///< flaky by gold and empty runs, or by a list
  bool has_list = false;                      ///< a list was given: it may name no task
  std::vector<FindingCount> findings = {};    ///< those that are not 0
  std::uint64_t seed = 1;                ///< of bootstrap and permutations
  std::optional<PriceBook> book = {};    ///< the run's, as it read it
};

/// The table that a run ends with: headline, paired differences, footer.
[[nodiscard]] Document run_document(const RunReport& report);

/// The same with every section there is.
[[nodiscard]] Document full_document(const RunReport& report);

/// Differences of arms of several runs.
[[nodiscard]] Document pairs_document(const std::vector<PairedComparison>& pairs,
                                      const std::vector<GateResult>& gates, std::uint64_t seed,
                                      const std::vector<std::string>& notes = {});

/// What cascades among `arms` are shown without, a line each.
[[nodiscard]] std::vector<std::string> control_notes(const std::vector<Arm>& arms);

// The sections, one file each.
void add_headline(Document& document, const RunReport& report);
void add_pairs(Document& document, const std::vector<PairedComparison>& pairs);
void add_flips(Document& document, const std::vector<PairedComparison>& pairs);
void add_gates(Document& document, const std::vector<GateResult>& gates);
void add_controls(Document& document, const RunReport& report);
void add_breakdowns(Document& document, const RunReport& report);  ///< suite, difficulty, length
void add_quarantine(Document& document, const RunReport& report);  ///< rates without those
void add_repeats(Document& document, const RunReport& report);
void add_economics(Document& document, const RunReport& report);
void add_routing(Document& document, const RunReport& report);     ///< economics by tier
void add_break_even(Document& document, const RunReport& report);  ///< under other prices
void add_integrity(Document& document, const RunReport& report);
/// What the pair's tasks could show, for a footer.
[[nodiscard]] std::string detectable_line(const PairedComparison& pair);
void add_footer(Document& document, const RunReport& report);

/// The comparison as Markdown, and as one JSON object.
[[nodiscard]] std::string markdown_report(const Comparison& comparison);
[[nodiscard]] nlohmann::json json_report(const Comparison& comparison);
[[nodiscard]] nlohmann::json json_of(const PairedComparison& pair);
[[nodiscard]] nlohmann::json json_of(const GateResult& gate);
/// Every section with its raw values.
[[nodiscard]] nlohmann::json json_of(const Document& document);

/// Test results as CI pages read them: a suite per config, a case per trial (failed
/// tests are failures, provider and machine errors errors, trials not run skipped),
/// and a case per gate. Characters that XML forbids are replaced.
[[nodiscard]] std::string to_junit(const RunReport& report);

}  // namespace weir
