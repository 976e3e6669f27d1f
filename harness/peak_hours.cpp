#include "harness/peak_hours.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir {
namespace {

constexpr auto kStep = std::chrono::minutes(5);
constexpr auto kHorizon = std::chrono::hours(48);

/// Models whose rates at `time` are above their lowest around then.
std::vector<std::string> at_peak(const Experiment& experiment, const PriceBook& prices,
                                 TimePoint time) {
  std::vector<std::string> names;
  for (const auto& name : experiment.models_in_use()) {
    const ModelSpec& spec = experiment.models.at(name);
    if (spec.provider == "replay" || spec.simulated()) continue;  // no clock of ours prices them
    const PriceKey key{spec.price_host.empty() ? spec.host() : spec.price_host, spec.price_as,
                       spec.model};
    const auto rates = prices.rates(key, time);
    if (!rates) continue;
    const PriceEntry* entry = prices.entry(rates->second);
    if (entry != nullptr && entry->time_of_use.in_peak(time)) names.push_back(name);
  }
  return names;
}

}  // namespace

PeakAdvice peak_advice(const Experiment& experiment, const PriceBook& prices, TimePoint now) {
  PeakAdvice advice;
  const auto names = at_peak(experiment, prices, now);
  if (!names.empty()) {
    advice.peak = true;
    for (auto at = now; at < now + kHorizon; at += kStep) {
      if (!at_peak(experiment, prices, at).empty()) continue;
      advice.off_peak_at = at;
      break;
    }
    advice.text = fmt::format(
        "peak prices now for {}{}; all arms run side by side, so that none has the cheap hours "
        "alone",
        fmt::join(names, ", "),
        advice.off_peak_at ? fmt::format("; off-peak from {}", format_time(*advice.off_peak_at))
                           : "");
    return advice;
  }
  for (auto at = now; at < now + kHorizon; at += kStep) {
    const auto next = at_peak(experiment, prices, at);
    if (next.empty()) continue;
    advice.text =
        fmt::format("off-peak prices now; {} peak from {}", fmt::join(next, ", "), format_time(at));
    break;
  }
  return advice;
}

}  // namespace weir
