#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/calibration/exploration_log.hpp"
#include "harness/router/policy.hpp"
#include "results/arm.hpp"
#include "results/prices.hpp"
#include "results/store/reader.hpp"

namespace weir {

/// What to calibrate on, of runs in a database.
struct RunSelection {
  std::vector<Run> runs;
  std::string config;             ///< the exploring cascade; "" = the only one
  std::optional<PriceBook> book;  ///< costs under these prices; nullopt: as booked
};

/// An exploring arm as a log, and what a certificate must know of it.
struct RunLog {
  ExplorationLog log;
  std::vector<Arm> arms;          ///< the exploring arm of each run
  std::set<std::string> formats;  ///< of their tasks
  Policy policy;
};

/// Formats of a run's tasks.
[[nodiscard]] std::set<std::string> formats_of(const Reader& reader, const Run& run);

/// What bounded a run's trials, as text to compare.
[[nodiscard]] std::string limits_of(const Run& run);

/// nullopt: missing data.
[[nodiscard]] std::optional<bool> resolved_of(const TrialSummary& trial);

/// What trials cost: as booked, or under a book of one's choice.
struct TrialCosts {
  std::optional<std::map<std::string, std::optional<Picodollars>>> repriced;
  [[nodiscard]] std::optional<Picodollars> of(const TrialSummary& trial) const;
};
[[nodiscard]] TrialCosts costs_of(const Reader& reader, const RunSelection& selection,
                                  const Run& run);

/// Throws UserError unless the arms share policy, agent, models and limits, and their prices
/// too unless they are `repriced`: their pool would be neither's.
void check_alike(const std::vector<Arm>& arms, bool repriced);

/// Name of the one exploring config of a run; nullopt: none explores. Throws UserError
/// if several do and none is named.
[[nodiscard]] std::optional<std::string> exploring_config(const Reader& reader, const Run& run,
                                                          const std::string& named);

/// A run's decisions say, at every grid threshold, what it would have decided with the
/// router's state as it stood: stays, counts of failures, caps and budgets. The thresholds that
/// agree with every decision of a trial have been through the same states, so the trial
/// is a trial of theirs. Runs must share policy, agent and limits. Signals of hidden
/// tests and external policies are refused. Throws UserError saying why.
[[nodiscard]] RunLog read_run_log(const Reader& reader, const RunSelection& selection);

/// What each trial's counted try cost under `book`; nullopt where a call has no price.
[[nodiscard]] std::map<std::string, std::optional<Picodollars>> trial_costs(const Reader& reader,
                                                                            const std::string& run,
                                                                            const PriceBook& book);

}  // namespace weir
