#pragma once

#include <string>
#include <vector>

#include "harness/model/model_spec.hpp"
#include "results/prices.hpp"

namespace weir {

/// One thing `weir doctor` looked at.
struct Finding {
  enum class Level { good, note, bad };
  std::string subject;
  Level level = Level::good;
  std::string text;  ///< what was found, and what to do if it is not good
};

/// The machine: boxes and their limits, tools, the price book's age.
[[nodiscard]] std::vector<Finding> examine_machine();

/// A model, by one tiny call: who served, thinking, cache fields, the server's
/// clock, latency, the price entry. Costs a few tokens. Failures are findings.
[[nodiscard]] std::vector<Finding> examine_model(const ModelSpec& spec, const PriceBook& prices);

}  // namespace weir
