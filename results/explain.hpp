#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/arm.hpp"
#include "results/paired_comparison.hpp"
#include "results/report/document.hpp"

namespace weir {

/// An arm then and now, with what separates the causes of their difference.
struct ThenAndNow {
  Arm then;
  Arm now;
  Arm now_at_old_prices;      ///< `now` with its calls priced as at the time of `then`
  std::optional<Arm> bridge;  ///< then's config on today's endpoint, at old prices
};

/// One cause's part of a change now - then.
struct ExplainedPart {
  std::string cause;
  std::optional<double> rate;  ///< of resolved, in [-1, 1]; unknown: not its business
  std::optional<Interval> rate_interval;
  std::optional<double> usd;  ///< per trial
  std::optional<Interval> usd_interval;
};

/// Splits the change of resolve rate and of dollars per trial into task set, model, Weir
/// version, config and price. Parts are steps of a chain on the tasks that all runs share
/// (then -> bridge -> now at old prices -> now), and the task set is what those tasks
/// leave over, so that the parts add up to the whole. What no run separates is named
/// together. Noise is each step's interval: a step whose served models, Weir and config
/// are the same can be nothing else. Throws UserError if nothing can be paired.
[[nodiscard]] std::vector<ExplainedPart> explain(const ThenAndNow& change,
                                                 const PairingOptions& options);

[[nodiscard]] Section explain_section(const ThenAndNow& change,
                                      const std::vector<ExplainedPart>& parts);

}  // namespace weir
