#include "harness/model/surprise.hpp"

#include <algorithm>
#include <functional>

namespace weir {

std::optional<Surprise> surprise_of(std::vector<double>& logprobs) {
  if (logprobs.empty()) return {};
  std::sort(logprobs.begin(), logprobs.end(), std::greater<>());  // the surest first
  const auto quantile = [&](double share) {
    const auto last = static_cast<double>(logprobs.size() - 1);
    return -logprobs[static_cast<std::size_t>(share * last + 0.5)];
  };
  return Surprise{static_cast<int>(logprobs.size()), quantile(0.5), quantile(0.9), quantile(0.99)};
}

}  // namespace weir
