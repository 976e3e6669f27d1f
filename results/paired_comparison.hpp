#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results/arm.hpp"
#include "results/comparability.hpp"
#include "results/statistics/proportion.hpp"

namespace weir {

/// With fewer tasks that differ between the arms, exact methods judge.
inline constexpr int kFewDiscordant = 10;

struct PairingOptions {
  double level = 0.95;
  int resamples = 10'000;
  std::uint64_t seed = 1;             ///< of bootstrap and permutations
  std::set<std::string> quarantined;  ///< flaky or broken tasks: left out, and counted
};

/// A difference fresh - base in something that has no bound, with its interval.
struct MeasuredDifference {
  std::optional<double> base;  ///< mean per trial over the paired tasks
  std::optional<double> fresh;
  std::optional<double> diff;
  std::optional<Interval> interval;  ///< BCa over tasks
};

/// A task whose majority verdict is not the same in the two arms.
struct Flip {
  std::string task;
  bool gained = false;  ///< the base failed it, fresh resolves it
  int base_resolved = 0, base_trials = 0;
  int fresh_resolved = 0, fresh_trials = 0;
  std::string base_trial;  ///< two trials that show it, of the same attempt if possible
  std::string fresh_trial;
  std::optional<int> turn;  ///< first turn whose actions differ; from 1, see `weir compare`
  std::string base_action;  ///< there, first line
  std::string fresh_action;
};

/// Trials that are missing data, by arm.
struct MissingData {
  int base = 0, base_trials = 0;
  int fresh = 0, fresh_trials = 0;
  double p = 1;           ///< Fisher: that errors hit both arms alike, trials taken as independent
  Interval worst{-1, 1};  ///< what the difference seen could have been, whatever the
                          ///< missing outcomes were; no sampling error in it
};

/// Two arms on the same tasks. Differences are fresh - base; rates are means of task
/// means, so that a task counts once however many trials it has.
struct PairedComparison {
  std::string base;  ///< labels
  std::string fresh;
  bool simulated = false;
  int tasks = 0;        ///< with an outcome in both arms
  int left_out = 0;     ///< common tasks without one
  int quarantined = 0;  ///< flaky or broken, left out
  int base_trials = 0, fresh_trials = 0;
  bool single = false;  ///< one trial per task and arm: discordant pairs are counts
  int base_only = 0;    ///< tasks where the base did better
  int fresh_only = 0;   ///< where fresh did
  double base_rate = 0, fresh_rate = 0;
  double diff = 0;
  double sd = 0;  ///< of the differences of single tasks
  Interval interval{-1, 1};
  std::string interval_method;
  double p = 1;
  std::string p_method;
  double level = 0.95;
  std::uint64_t seed = 1;                    ///< of bootstrap and permutations
  std::optional<double> minimum_detectable;  ///< with power 0.8 at 1 - level; none: not even 1
  MeasuredDifference usd;                    ///< per trial
  MeasuredDifference turns;
  MeasuredDifference tokens;
  MeasuredDifference model_seconds;
  MeasuredDifference box_seconds;
  std::optional<double> cost_ratio;  ///< fresh / base, of dollars per trial on the paired tasks
  std::optional<Interval> cost_ratio_interval;
  std::optional<double> usd_per_resolved_base, usd_per_resolved_fresh;
  std::optional<Interval> usd_per_resolved_diff;
  MissingData missing;
  std::vector<Flip> flips;
  std::vector<ArmDifference> differences;
  std::vector<TaskPair> pairs;  ///< comparable and not quarantined

  [[nodiscard]] std::vector<double> difference_values() const;  ///< of `pairs`
};

struct RateInterval {
  Interval interval;
  std::string method;
};

/// The interval of the difference of rates at another level: exact or finite-sample with
/// fewer than 10 tasks that differ, else Tango's (one trial each) or bootstrap-t.
[[nodiscard]] RateInterval rate_interval(const PairedComparison& pair, double level);

/// Compares. With fewer than 10 tasks that differ, exact methods; no interval has zero
/// width. Throws UserError if no task of the two can be paired.
[[nodiscard]] PairedComparison compare_arms(const Arm& base, const Arm& fresh,
                                            const PairingOptions& options);

}  // namespace weir
