#pragma once

#include <string>
#include <vector>

#include "results/arm.hpp"

namespace weir {

/// Something besides the arm itself that differs between two arms.
struct ArmDifference {
  std::string what;  ///< suite, limits, prompt, resources, sandbox, environment, served models, ...
  std::string base;  ///< as the base had it
  std::string fresh;
  /// The pair says nothing: a gate refuses it. Otherwise it is said beside the numbers.
  bool forbids_gate = false;
};

/// What differs between two arms that a comparison of them must say. Empty: only
/// what the experiment meant to differ. Within one run, models and policies differ on
/// purpose and are no difference here; across runs, configs of one name should serve
/// the same models.
[[nodiscard]] std::vector<ArmDifference> differences(const Arm& base, const Arm& fresh);

/// The same served model charged differently in two arms.
struct PriceGap {
  std::string model;
  std::string base;        ///< arm
  std::string fresh;       ///< arm
  double ratio = 1;        ///< $ per turn of the dearer arm over that of the other, equal context
  std::string dearer;      ///< arm
  std::int64_t turns = 0;  ///< of the dearer arm, that were compared
  double hits_dearer = 0;  ///< share of prompt tokens its cache served
  double hits_other = 0;
};

/// One line per served model that two of the arms share and that costs more than
/// `shout` times as much per turn in one as in the other at equal context: turns are
/// compared within powers of two of prompt tokens, weighted as the dearer arm has them;
/// bins with fewer than 5 turns on a side are left out. Another price, a cache that does
/// not hit, or a book that prices by request shows here.
[[nodiscard]] std::vector<PriceGap> price_gaps(const std::vector<Arm>& arms, double shout = 1.5);

}  // namespace weir
