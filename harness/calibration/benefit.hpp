#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/statistics/proportion.hpp"
#include "results/store/reader.hpp"

namespace weir {

/// A judged turn gone on with both ways, as a difference: escalated less kept.
struct ForkEffect {
  std::string task;
  double weight = 1;                  ///< 1 over the probability of forking there
  std::optional<double> resolved;     ///< -1, 0 or 1; nullopt: a way has no outcome
  std::optional<double> usd;          ///< of the whole ways; the shared part cancels
  double score = 0;                   ///< of the policy, for the turn
  std::map<std::string, double> signals = {};
};

[[nodiscard]] ForkEffect effect_of(const ForkPair& pair);

/// What escalating did for turns with like values of a signal.
struct BenefitBin {
  double low = 0;   ///< values from here
  double high = 0;  ///< to here, included
  int forks = 0;
  int missing = 0;  ///< of them, without a difference
  int tasks = 0;
  double resolved = 0;  ///< mean difference of those known, Horvitz-Thompson weighted
  std::optional<Interval> interval;  ///< 95 %, clustered by task; nullopt: too few tasks
  double lowest = 0;    ///< had every missing one been -1
  double highest = 0;   ///< had every missing one been +1
  std::optional<double> usd;         ///< mean difference; nullopt: none known
};

/// The benefit curve of a signal: how much escalating gains, by its value. Source: Kearns,
/// Mansour & Ng (2000) for both branches; Jitkrittum et al. (2023) for ranking turns by
/// what escalating gains and not by how likely the base tier fails.
struct BenefitCurve {
  std::string signal;  ///< "score": the policy's own
  std::vector<BenefitBin> bins;  ///< ascending
};

/// Curves of the score and of every signal that varies. Few distinct values are a bin each,
/// many are cut into five of about equal counts. Means are for design; they certify nothing.
[[nodiscard]] std::vector<BenefitCurve> benefit_curves(const std::vector<ForkEffect>& effects);

}  // namespace weir
