#pragma once

#include <string>

#include "harness/experiment.hpp"
#include "results/prices.hpp"

namespace weir {

/// What the price book says of starting an experiment at a time.
struct PeakAdvice {
  bool peak = false;                     ///< some model of it is at its peak price now
  std::optional<TimePoint> off_peak_at;  ///< when none is, within two days
  std::string text;                      ///< one line for people; "" if prices never peak
};

[[nodiscard]] PeakAdvice peak_advice(const Experiment& experiment, const PriceBook& prices,
                                     TimePoint now);

}  // namespace weir
