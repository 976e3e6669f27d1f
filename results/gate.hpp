#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/paired_comparison.hpp"
#include "results/statistics/decline.hpp"

namespace weir {

enum class GateVerdict { passed, regression, inconclusive };
[[nodiscard]] std::string_view name_of(GateVerdict verdict);

struct GateRules {
  double margin = 0.03;  ///< a loss of the resolve rate that would be accepted
  double alpha = 0.05;   ///< one-sided: of each pass, and of a red; where a ledger is kept, of
                         ///< all reds for as long as the baseline is pinned
};

/// What the gate says of one arm, and why.
struct GateResult {
  GateVerdict verdict = GateVerdict::inconclusive;
  std::string base;
  std::string fresh;
  int tasks = 0;
  double diff = 0;
  double lower = -1;  ///< one-sided 1 - alpha limits of the difference
  double upper = 1;
  std::string method;
  std::string reason;               ///< one sentence
  std::optional<int> tasks_needed;  ///< to pass with power 0.8 if nothing differs; none once judged
  int left_out = 0;                 ///< common tasks without an outcome in one of the arms
  int quarantined = 0;
  MissingData missing;
  std::vector<ArmDifference> differences;  ///< that do not forbid the gate
  std::optional<double> with_flaky;        ///< the difference with quarantined tasks counted in
  // Only against a pinned baseline:
  bool watched = false;
  int nights = 0;       ///< looks so far, this one included
  double evidence = 0;  ///< e-value of a decline over all nights
  double enough = 0;    ///< at which it is shown
  double recent = 0;    ///< mean difference of the last week of nights
};

/// One look, of no ledger: passed if the lower limit is above -margin; regression if
/// the upper limit is below 0 and the lower one not above -margin; else inconclusive. A
/// pass is withheld where errors that hit this arm more often could hide a larger loss.
/// "No significant difference" is not a pass. Refuses (UserError) arms whose limits,
/// resources, prompt or sandbox differ, naming what.
[[nodiscard]] GateResult gate(const PairedComparison& pair, const GateRules& rules);

/// The same against a pinned baseline with all its looks so far, this night's the last:
/// a regression is what the nights together show (statistics/decline.hpp), at `alpha`
/// for all nights and `streams` arms together; one night alone cannot be red by chance
/// more often than that. Below 30 tasks one exact look a night, its alpha falling as
/// 1 / (night (night + 1)).
[[nodiscard]] GateResult gate_watched(const PairedComparison& pair, const GateRules& rules,
                                      const std::vector<NightLook>& looks, int streams);

/// What the ledger keeps of a comparison.
[[nodiscard]] NightLook look_of(const PairedComparison& pair);

/// The verdict on several arms: the worst; inconclusive on none.
[[nodiscard]] GateVerdict worst(const std::vector<GateResult>& results);

}  // namespace weir
