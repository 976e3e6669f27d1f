#pragma once

#include <optional>
#include <vector>

namespace weir {

/// How sure a model was of its tokens: quantiles of -log p over an answer, in nats.
/// Quantiles, not the mean, which long answers dilute (Gupta et al. 2024).
struct Surprise {
  int tokens = 0;
  double q50 = 0;
  double q90 = 0;
  double q99 = 0;
};

/// Of log probabilities as a service gives them, of text and reasoning alike; nullopt
/// of none. Reorders `logprobs`.
[[nodiscard]] std::optional<Surprise> surprise_of(std::vector<double>& logprobs);

}  // namespace weir
